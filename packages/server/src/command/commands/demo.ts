import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { openCache } from "zarr-cache/node";
import { print, printJson } from "../show/print.ts";
import { progress } from "../show/progress.ts";
import { table } from "../show/table.ts";
import { bytes, duration } from "../show/units.ts";

const CHUNKS = 64;
const CHUNK_BYTES = 256 * 1024;
const SOURCE_MILLISECONDS = 80;
const AT_ONCE = 8;

interface Row {
  readonly what: string;
  readonly milliseconds: number;
  readonly sourceReads: number;
}

/** `zarr-cache demo`. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("Show what a cache is worth: a slow source, read again and again.")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: true }) => {
      const directory = await mkdtemp(join(tmpdir(), "zarr-cache-demo-"));
      const source = slowSource();
      const rows: Row[] = [];
      const read = async (what: string, get: (key: string) => Promise<Uint8Array | undefined>) => {
        const before = source.reads;
        const started = performance.now();
        await readAll(what, get);
        rows.push({ what, milliseconds: performance.now() - started, sourceReads: source.reads - before });
      };
      try {
        await read("directly", (key) => source.get(key));
        for (const what of ["through the cache, first time", "again, from a cache that was closed"]) {
          const cache = await openCache(directory, { maxBytes: "1 GB" });
          const store = cache.wrap({ get: (key: string) => source.get(key) }, "demo");
          await read(what, (key) => store.get(key as `/${string}`));
          if (what.startsWith("again"))
            await read("again, from memory", (key) => store.get(key as `/${string}`));
          await cache.close();
        }
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
      if (flags.json) printJson(rows);
      else print(asText(rows));
    });
}

/** A source that is as far away as another continent. */
function slowSource() {
  return {
    reads: 0,
    async get(key: string): Promise<Uint8Array | undefined> {
      this.reads++;
      await pause(SOURCE_MILLISECONDS);
      return new Uint8Array(CHUNK_BYTES).fill(key.length);
    },
  };
}

async function readAll(what: string, get: (key: string) => Promise<Uint8Array | undefined>): Promise<void> {
  const line = progress(what);
  let next = 0;
  let done = 0;
  const reader = async () => {
    while (next < CHUNKS) {
      await get(`/t2m/c/${next++}`);
      line.show(++done, CHUNKS);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  line.end();
}

function asText(rows: readonly Row[]): string {
  const [direct] = rows;
  const shown = rows.map(({ what, milliseconds, sourceReads }) => [
    what,
    duration(milliseconds),
    String(sourceReads),
    `${((direct?.milliseconds ?? milliseconds) / milliseconds).toPrecision(2)} ×`,
  ]);
  const head = ["", "time", "source reads", "speed-up"];
  return `${CHUNKS} chunks of ${bytes(CHUNK_BYTES)} from a source that is ${SOURCE_MILLISECONDS} ms away, ${AT_ONCE} at once:

${table(head, shown, head.slice(1))}
Next: zarr-cache serve https://your.server/data.zarr
`;
}

import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import * as zarr from "zarrita";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import { consolidatedDataset } from "./freshness/consolidated-dataset.ts";
import { type DistantOrigin, distantOrigin, type Traffic } from "./freshness/distant-origin.ts";

const MILLISECONDS = 20;
const AGE = 300_001;

/** One visit of a dataset. */
interface Visit extends Traffic {
  readonly milliseconds: number;
}

/** What it costs to come back to a dataset. */
export const freshness: Benchmark = {
  name: "freshness",
  about: `A Zarr 3 hierarchy with consolidated metadata on a web server that answers after 20 ms. *Revisiting*: all of 10
arrays (16 chunks each) is opened and read by a new store over what is cached, longer after the last visit than metadata stay
fresh, with \`maxAge: { data: "dataset", missing: "dataset" }\`; beside it the same with zarrita's \`FetchStore\` alone.
*Opening*: each of 100 arrays is opened by \`zarr.open\` with its group, the second time by a new store; beside it zarrita
alone, whose second time is as its first. Requests and bodies are counted by the server.`,

  async run({ rounds, quick }) {
    const findings = [
      ...(await compared("revisiting after maxAge, nothing changed", {
        rounds,
        size: quick ? [3, 4] : [10, 16],
        pause: AGE,
        visit: async (store, names) => {
          for (const array of await openAll(store, names)) await zarr.get(array);
        },
        requests: 1,
      })),
      ...(await compared("opening a store of 100 arrays again", {
        rounds,
        size: [quick ? 10 : 100, 1],
        pause: 0,
        visit: async (store, names) => void (await openAll(store, names)),
        requests: 1,
      })),
    ];
    return { findings };
  },
};

interface Comparison {
  readonly rounds: number;
  /** Arrays, and chunks of each. */
  readonly size: readonly [number, number];
  /** Milliseconds between two visits. */
  readonly pause: number;
  visit(store: zarr.Readable, names: readonly string[]): Promise<void>;
  /** Requests that a visit may make. */
  readonly requests: number;
}

async function compared(
  what: string,
  { rounds, size, pause, visit, requests }: Comparison,
): Promise<Finding[]> {
  const { names, values } = await consolidatedDataset(...size);
  const origin = await distantOrigin(values, MILLISECONDS);
  let now = 0;
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "1 GB", clock: () => Date.now() + now }),
    new MemoryStoreOpener(),
  );
  const open = () =>
    new CachedStore(new HttpSource(origin.url), "data", storage, {
      maxAge: { data: "dataset", missing: "dataset" },
    });
  const ours = async () => {
    now += pause;
    const store = open();
    const measured = await measure(origin, () => visit(store, names));
    await store.idle();
    await store.close();
    return measured;
  };
  const alone = () => measure(origin, () => visit(new zarr.FetchStore(origin.url), names));
  const [first] = [await ours(), await alone()];
  const visits: { ours: Visit; alone: Visit }[] = [];
  for (let round = 0; round < rounds; round++) visits.push({ ours: await ours(), alone: await alone() });
  await storage.close();
  await origin.close();
  const column = (side: "ours" | "alone", name: keyof Visit) => visits.map((visit) => visit[side][name]);
  const counted = (name: "requests" | "bodies", limit: number): Finding => ({
    what: `${what}: ${name}`,
    ours: { spread: spreadOf(column("ours", name)), unit: name },
    beside: { who: "zarrita alone", spread: spreadOf(column("alone", name)), unit: name },
    figure: { spread: spreadOf(column("ours", name)), unit: name },
    target: { limit, better: "lower" },
  });
  return [
    counted("requests", requests),
    counted("bodies", 0),
    {
      what: `${what}: time`,
      ours: { spread: spreadOf(column("ours", "milliseconds")), unit: "ms" },
      beside: { who: "zarrita alone", spread: spreadOf(column("alone", "milliseconds")), unit: "ms" },
      figure: { spread: ratioOf(column("alone", "milliseconds"), column("ours", "milliseconds")), unit: "×" },
    },
    {
      what: `${what}: the first time, requests`,
      figure: { spread: spreadOf([first.requests]), unit: "requests" },
    },
  ];
}

async function measure(origin: DistantOrigin, visit: () => Promise<void>): Promise<Visit> {
  origin.taken();
  const milliseconds = await timed(visit);
  return { milliseconds, ...origin.taken() };
}

async function openAll(store: zarr.Readable, names: readonly string[]) {
  const root = zarr.root(store);
  await zarr.open(root, { kind: "group" });
  return Promise.all(names.map((name) => zarr.open(root.resolve(name), { kind: "array" })));
}

import { join } from "node:path";
import { HttpSource } from "zarr-cache/http";
import { openCache } from "zarr-cache/node";
import * as zarr from "zarrita";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { startProgram } from "./frame/program.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import { withTemporaryDirectory } from "./frame/temporary-directory.ts";
import { slowOrigin } from "./sharded/origin.ts";
import { readView } from "./sharded/read-view.ts";
import { makeShardedArray, neededBytes } from "./sharded/sharded-data.ts";

const ORIGIN_MILLISECONDS = 50;

type Side = "ours" | "zarrita" | "suffixes" | "again";

/** What a view of a sharded array costs over a slow network, the first time and in the next process. */
export const sharded: Benchmark = {
  name: "sharded",
  about: `zarrita opens an array of int32 in four shards of 64 inner chunks of 64 KiB and reads a window that touches 121 of
them, over HTTP from a server that answers after 50 ms: through \`HttpSource\` and a \`CachedStore\` of memory over disk that
is empty, and through zarrita's own \`FetchStore\` with \`withRangeCoalescing\` and \`withByteCaching\`, as it is by default (it
asks for the size of a shard before its end) and with \`useSuffixRequest\`. A second view is one in a new process, which
has the disk, where zarrita has nothing. Needed are the metadata, the indexes and the chunks that the window touches.`,

  run: ({ rounds, quick }) =>
    withTemporaryDirectory(async (directory) => {
      const values = makeShardedArray();
      const needed = neededBytes(values);
      const origin = await slowOrigin(values, quick ? 5 : ORIGIN_MILLISECONDS);
      const asked = new Map<Side, { requests: number[]; bytes: number[] }>();
      /** Measures one view, and counts what it asked for. */
      const counted = async (side: Side, view: () => Promise<number>): Promise<number> => {
        origin.taken();
        const milliseconds = await view();
        const { requests, bytes } = origin.taken();
        const sums = asked.get(side) ?? { requests: [], bytes: [] };
        asked.set(side, sums);
        sums.requests.push(requests);
        sums.bytes.push(bytes / needed);
        return milliseconds;
      };
      let round = 0;
      const place = () => join(directory, String(round));
      const first = async (): Promise<number> => {
        round++;
        const cache = await openCache(place(), { maxBytes: "1 GB" });
        const milliseconds = await timed(() => readView(cache.wrap(new HttpSource(origin.url), "view")));
        await cache.idle();
        await cache.close();
        return milliseconds;
      };
      const again = () => {
        const order = { url: origin.url, directory: place() };
        return startProgram<number>(new URL("./sharded/view-program.ts", import.meta.url), order).answer;
      };
      const plain = (useSuffixRequest: boolean) =>
        timed(() => {
          const fetching = new zarr.FetchStore(origin.url, { useSuffixRequest });
          return readView(zarr.withByteCaching(zarr.withRangeCoalescing(fetching)));
        });
      try {
        const measured = await interleave(rounds, {
          ours: () => counted("ours", first),
          zarrita: () => counted("zarrita", () => plain(false)),
          suffixes: () => counted("suffixes", () => plain(true)),
          again: async () => {
            // After a first view of its own, which does not count here.
            await first();
            return counted("again", again);
          },
        });
        const of = (side: Side, what: "requests" | "bytes") => asked.get(side)?.[what].slice(1) ?? [];
        const beside = { zarrita: "zarrita", suffixes: "zarrita, suffix requests" } as const;
        const findings: Finding[] = [];
        for (const side of ["zarrita", "suffixes"] as const) {
          findings.push({
            what: "first view, time",
            ours: { spread: spreadOf(measured.ours), unit: "ms" },
            beside: { who: beside[side], spread: spreadOf(measured[side]), unit: "ms" },
            figure: { spread: ratioOf(measured.ours, measured[side]), unit: "×" },
            ...(side === "zarrita" && { target: { limit: 1, better: "lower" } as const }),
          });
          findings.push({
            what: "first view, requests",
            ours: { spread: spreadOf(of("ours", "requests")), unit: "" },
            beside: { who: beside[side], spread: spreadOf(of(side, "requests")), unit: "" },
            figure: { spread: ratioOf(of("ours", "requests"), of(side, "requests")), unit: "×" },
            target: { limit: 1, better: "lower" },
          });
        }
        findings.push(
          {
            what: "first view, bytes beside those needed",
            beside: { who: "zarrita", spread: spreadOf(of("zarrita", "bytes")), unit: "×" },
            figure: { spread: spreadOf(of("ours", "bytes")), unit: "×" },
            target: { limit: 1.1, better: "lower" },
          },
          {
            what: "second view, new process, requests",
            beside: { who: "zarrita", spread: spreadOf(of("zarrita", "requests")), unit: "" },
            figure: { spread: spreadOf(of("again", "requests")), unit: "" },
            target: { limit: 0, better: "lower" },
          },
          {
            what: "second view, new process, time",
            ours: { spread: spreadOf(measured.again), unit: "ms" },
            beside: { who: "zarrita", spread: spreadOf(measured.zarrita), unit: "ms" },
            figure: { spread: ratioOf(measured.again, measured.zarrita), unit: "×" },
          },
        );
        return { findings };
      } finally {
        origin.close();
      }
    }),
};

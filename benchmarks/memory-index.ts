import type { Benchmark, Finding, Setting } from "./frame/benchmark.ts";
import { longestPauseDuring, longestStep } from "./frame/longest-pause.ts";
import { interleave } from "./frame/rounds.ts";
import { seededRandom } from "./frame/seeded-random.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import type { FullCache } from "./memory-index/full-cache.ts";
import { FullLruCache } from "./memory-index/full-lru-cache.ts";
import { FullMemoryIndex } from "./memory-index/full-memory-index.ts";

const ORDERS = ["key", "size", "age", "hits", "cost"] as const;

/** What bookkeeping costs, and that it never stops the process. */
export const memoryIndex: Benchmark = {
  name: "memory-index",
  about: `The memory index alone, without bytes, full at one and at ten million entries, beside lru-cache with sizes and
the same keys: flat strings, as the check of a store leaves them, which reads every character. *use* looks up a random key that is there; *admit + evict* fills a new key, which evicts one (here every
step of a fill: claim, reserve, make room, free, commit). Growth is ten million beside one million. A pause is the
longest single step of a million (garbage collection included), and the longest time that the event loop stood still
while a page of entries was listed in each of the five orders.`,
  heapMegabytes: 14_000,

  async run(setting) {
    const sizes = setting.quick ? [10_000, 50_000] : [1_000_000, 10_000_000];
    const [small = 0, large = 0] = sizes;
    const keys = Array.from({ length: large }, (_, number) =>
      flatKey("t2m", "c", Math.floor(number / 1000), number % 1000),
    );
    const sides: Record<string, FullCache> = {};
    for (const entries of [small, large]) {
      setting.progress(`filling ${entries.toLocaleString("en")} entries`);
      sides[`ours ${entries}`] = new FullMemoryIndex(keys.slice(0, entries));
      sides[`lru-cache ${entries}`] = new FullLruCache(keys.slice(0, entries));
    }
    const ours = sides[`ours ${large}`] as FullMemoryIndex;
    const findings = [
      ...(await timeUses(setting, sides, keys, [small, large])),
      ...(await timeAdmissions(setting, sides, [small, large])),
    ];
    for (const name of Object.keys(sides)) delete sides[name];
    globalThis.gc?.();
    findings.push(...(await findPauses(setting, ours, large)));
    return { findings };
  },
};

async function timeUses(
  { rounds, quick, progress }: Setting,
  sides: Readonly<Record<string, FullCache>>,
  keys: readonly string[],
  sizes: readonly [number, number],
): Promise<Finding[]> {
  progress("use");
  const steps = quick ? 10_000 : 300_000;
  const random = seededRandom(1);
  const measured = await interleave(
    rounds,
    mapValues(sides, (cache) => () => {
      const asked = Array.from({ length: steps }, () => keys[Math.floor(random() * cache.size)] as string);
      return nanosecondsEach(asked, (key) => cache.use(key));
    }),
  );
  return compare("use", measured, sizes);
}

async function timeAdmissions(
  { rounds, quick, progress }: Setting,
  sides: Readonly<Record<string, FullCache>>,
  sizes: readonly [number, number],
): Promise<Finding[]> {
  progress("admit + evict");
  const steps = quick ? 10_000 : 300_000;
  const admitted = mapValues(sides, () => 0) as Record<string, number>;
  const measured = await interleave(
    rounds,
    mapValues(sides, (cache, name) => () => {
      const first = admitted[name] as number;
      admitted[name] = first + steps;
      const fresh = Array.from({ length: steps }, (_, at) => flatKey("u10", "c", first + at, 0));
      return nanosecondsEach(fresh, (key) => cache.admit(key));
    }),
  );
  for (const [name, cache] of Object.entries(sides))
    if (cache instanceof FullMemoryIndex && cache.refused > steps / 100)
      throw new Error(`${name} refused ${cache.refused} newcomers, so nothing like a fill was measured`);
  return compare("admit + evict", measured, sizes);
}

/** The rows of one operation: each size beside the peer, and the growth from one to the other. */
function compare(
  what: string,
  measured: Readonly<Record<string, number[]>>,
  [small, large]: readonly [number, number],
): Finding[] {
  const rounds = (who: string, entries: number): number[] => measured[`${who} ${entries}`] ?? [];
  const besidePeer = (entries: number): Finding => ({
    what: `${what}, ${entries.toLocaleString("en")} entries`,
    ours: { spread: spreadOf(rounds("ours", entries)), unit: "ns" },
    beside: { who: "lru-cache", spread: spreadOf(rounds("lru-cache", entries)), unit: "ns" },
    figure: { spread: ratioOf(rounds("ours", entries), rounds("lru-cache", entries)), unit: "×" },
    target: { limit: 1.5, better: "lower" },
  });
  const growth = (who: string): Finding["figure"] => ({
    spread: ratioOf(rounds(who, large), rounds(who, small)),
    unit: "×",
  });
  return [
    besidePeer(small),
    besidePeer(large),
    {
      what: `${what}, growth`,
      beside: { who: "lru-cache", ...growth("lru-cache") },
      figure: growth("ours"),
      target: { limit: 1.8, better: "lower" },
    },
  ];
}

async function findPauses(
  { quick, progress }: Setting,
  cache: FullMemoryIndex,
  entries: number,
): Promise<Finding[]> {
  progress("pauses");
  const steps = quick ? 20_000 : 1_000_000;
  const fresh = Array.from({ length: steps }, (_, at) => flatKey("v10", "c", at, 0));
  const pause = (what: string, milliseconds: number): Finding => ({
    what: `${what}, ${entries.toLocaleString("en")} entries`,
    figure: { spread: spreadOf([milliseconds]), unit: "ms" },
    target: { limit: 50, better: "lower" },
  });
  const admitting = longestStep(steps, (at) => cache.admit(fresh[at] as string));
  const listing = await longestPauseDuring(async () => {
    for (const orderBy of ORDERS) await cache.index.entries({ orderBy, limit: 100 });
  });
  return [pause("longest pause, filling", admitting), pause("longest pause, listing", listing)];
}

/** A key that the engine keeps as one piece. A template makes a chain of pieces, which the first reader has to join. */
function flatKey(...segments: readonly (string | number)[]): string {
  return ["", ...segments].join("/");
}

function nanosecondsEach(keys: readonly string[], step: (key: string) => void): number {
  const start = performance.now();
  for (const key of keys) step(key);
  return ((performance.now() - start) * 1e6) / keys.length;
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

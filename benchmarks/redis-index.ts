import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { partNumber } from "./frame/fill-shared-index.ts";
import { inFlight } from "./frame/in-flight.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { seededRandom } from "./frame/seeded-random.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import { IN_PARALLEL, MeasuredIndex } from "./redis-index/measured-index.ts";

const SMALL = 10_000;

/** What the index in Redis costs its clients and its server. */
export const redisIndex: Benchmark = {
  name: "redis-index",
  about: `The index in Redis servers of their own on the loopback: one of 10,000 entries and a large one, of a million or as
many as \`REDIS_INDEX_ENTRIES\` says. Look-ups of random entries, 16 in parallel, beside a plain HGET of the same records
with ioredis. Then what Redis says its scripts took (\`INFO commandstats\`), which leaves out reading and answering them:
to admit an entry (claim, reserve, commit, 16 fills in parallel) beside three scripts that do nothing; to evict
one and free its name as a tier does behind its fills, 256 and 64 at a time; and one at a time, as for 16 fills
that find no room. That time is by the clock, so it holds what others on the machine took meanwhile.`,

  run: async ({ rounds, quick, progress }) => {
    const entries = quick ? 20_000 : Number(process.env["REDIS_INDEX_ENTRIES"] ?? 1_000_000);
    const fills = quick ? 200 : 2_000;
    const open: MeasuredIndex[] = [];
    const fill = async (count: number) => {
      progress(`filling ${count.toLocaleString("en")} entries`);
      const measured = await MeasuredIndex.fill(count);
      open.push(measured);
      return measured;
    };
    try {
      const small = await fill(quick ? 2_000 : SMALL);
      const large = await fill(entries);
      progress("steps of fills and evictions");
      // Few at a time in the small one, which must not change altogether.
      const few = Math.min(fills, small.entries / 50);
      const lowered = { small: [] as number[], large: [] as number[] };
      const processor = { admit: [] as number[], nothing: [] as number[] };
      const admitted = await interleave(rounds, {
        small: async () => {
          const { scripts } = await small.admit(few);
          lowered.small.push(await small.lower());
          return scripts;
        },
        large: async () => {
          const cost = await large.admit(fills);
          processor.admit.push(cost.processor);
          lowered.large.push(await large.lower());
          return cost.scripts;
        },
        nothing: async () => {
          const cost = await large.nothing(fills);
          processor.nothing.push(3 * cost.processor);
          return 3 * cost.scripts;
        },
      });
      // The first round of each does not count.
      const beyond = processor.admit.map((took, i) => took - (processor.nothing[i] as number)).slice(1);
      const evicted = { small: lowered.small.slice(1), large: lowered.large.slice(1) };
      const one = await interleave(rounds, {
        small: () => small.evictEach(few / 2),
        large: () => large.evictEach(fills / 4),
      });
      progress("look-ups");
      const lookups = await measureLookups(large, quick ? 5_000 : 100_000, rounds);
      const what = `${entries.toLocaleString("en")} entries`;
      const microseconds = (name: string, times: readonly number[]): Finding => ({
        what: `Redis' time to ${name}, ${what}`,
        figure: { spread: spreadOf(times), unit: "µs" },
        target: { limit: 20, better: "lower" },
      });
      const growth = (
        name: string,
        { small: less, large: more }: Record<"small" | "large", number[]>,
      ): Finding => ({
        what: `to ${name}, ${what} against ${small.entries.toLocaleString("en")}`,
        figure: { spread: ratioOf(more, less), unit: "×" },
        target: { limit: 1.5, better: "lower" },
      });
      return {
        findings: [
          {
            what: `look-ups, ${IN_PARALLEL} in parallel, ${what}`,
            ours: { spread: spreadOf(lookups.ours), unit: "per ms" },
            beside: { spread: spreadOf(lookups.hget), unit: "per ms", who: "HGET" },
            figure: { spread: ratioOf(lookups.ours, lookups.hget), unit: "× HGET" },
            target: { limit: 0.7, better: "higher" },
          },
          {
            ...microseconds("admit one", admitted.large),
            beside: { spread: spreadOf(admitted.nothing), unit: "µs", who: "three empty scripts" },
          },
          {
            what: `the same in processor time, beyond that of the empty scripts`,
            figure: { spread: spreadOf(beyond), unit: "µs" },
          },
          microseconds("evict one, many at a time", evicted.large),
          microseconds("evict one, one at a time", one.large),
          growth("admit", admitted),
          growth("evict many", evicted),
          growth("evict one", one),
          {
            what: `Redis' memory, ${what}`,
            figure: { spread: spreadOf([large.bytesPerEntry]), unit: "bytes an entry" },
            target: { limit: 380, better: "lower" },
          },
        ],
      };
    } finally {
      for (const each of open) await each.close();
    }
  },
};

/** Look-ups per millisecond, ours and those of one field of a hash. */
function measureLookups(
  { entries, index, redis }: MeasuredIndex,
  lookups: number,
  rounds: number,
): Promise<Record<"ours" | "hget", number[]>> {
  const random = seededRandom(7);
  const perMillisecond = async (ask: (number: number) => unknown) => {
    const asked = Array.from({ length: lookups }, () => Math.floor(entries * random()));
    const took = await timed(() =>
      inFlight(asked, IN_PARALLEL, async (number) => {
        await ask(number);
      }),
    );
    return lookups / took;
  };
  const record = (number: number) => `era5\n${partNumber(number).key}\n`;
  return interleave(rounds, {
    ours: () => perMillisecond((number) => index.lookup(partNumber(number))),
    hget: () => perMillisecond((number) => redis.hgetBuffer("{zc:bench:0}:e", record(number))),
  });
}

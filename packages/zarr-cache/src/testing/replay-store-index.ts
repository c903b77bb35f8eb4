import { ContractError, check, equal } from "./check.ts";
import { fakeClock } from "./fake-clock.ts";
import { seededRandom } from "./random.ts";
import { IndexModel } from "./replay/index-model.ts";
import { REPLAY_STEPS, type Replay } from "./replay/replay-step.ts";
import type { IndexFixture, IndexTestOptions } from "./store-index/fixture.ts";
import { drain } from "./store-index/steps.ts";

/** Options of {@link replayStoreIndex}. */
export interface ReplayOptions {
  /** Makes the index; as for `describeStoreIndex`. */
  create(options: IndexTestOptions): Promise<IndexFixture>;
  /** Decides the operations; a failure names it. */
  readonly seed: number;
  /** How many operations; default 500. */
  readonly operations?: number;
  /** Over how many shares the index splits its budget; as for `describeStoreIndex`. */
  readonly shares?: number;
}

const STEPS = REPLAY_STEPS.flatMap(([times, step]) => Array.from({ length: times }, () => step));

/**
 * Does the same random operations on an index and on a plain model of it, and compares what is visible and what is
 * charged after each. Throws a `ContractError` with the seed and the last operations where they differ.
 */
export async function replayStoreIndex({
  create,
  seed,
  operations = 500,
  shares = 1,
}: ReplayOptions): Promise<void> {
  const clock = fakeClock();
  const random = seededRandom(seed);
  const fixture = await create({
    maxBytes: 50_000,
    maxEntryBytes: 20_000,
    maxEntries: 12,
    lockAge: 1e9,
    clock: clock.now,
  });
  const { index } = fixture;
  const done: string[] = [];
  try {
    if (!(await index.open()).clean) await index.markClean();
    const replay: Replay = { index, model: new IndexModel(), clock, random, shares };
    for (let i = 0; i < operations; i++) {
      done.push(await random.pick(STEPS)(replay));
      await compare(replay);
    }
    await end(replay);
  } catch (error) {
    const last = done.slice(-15).map((line, i) => `  ${Math.max(0, done.length - 15) + i}: ${line}`);
    const message = error instanceof Error ? error.message : String(error);
    throw new ContractError(`seed ${seed}: ${message}\nafter\n${last.join("\n")}`, { cause: error });
  } finally {
    await fixture.dispose();
  }
}

/** Wants the index to hold what the model holds. */
async function compare({ index, model }: Replay): Promise<void> {
  const { entries: visible } = await index.entries({ limit: 1000 });
  const shown = (entries: Iterable<{ readonly token: string; readonly pinned: boolean }>) =>
    [...entries].map(({ token, pinned }) => (pinned ? `${token} pinned` : token)).sort();
  equal(shown(visible), shown(model.entries.values()), "visible");
  const { bytes, maxBytes, entries, maxEntries, condemnedBytes } = await index.usage();
  equal(bytes, model.charged, "bytes charged");
  check(bytes <= maxBytes, `${bytes} bytes are charged to a budget of ${maxBytes}`);
  check(condemnedBytes <= bytes, `${condemnedBytes} of ${bytes} bytes are condemned`);
  check(entries >= model.entries.size, `${entries} entries are counted, ${model.entries.size} are visible`);
  check(model.entries.size <= maxEntries, `${model.entries.size} entries of at most ${maxEntries}`);
  const { pinnedBytes, maxPinnedBytes } = await index.usage();
  check(pinnedBytes <= maxPinnedBytes, `${pinnedBytes} bytes are pinned, of at most ${maxPinnedBytes}`);
  equal([...(await index.verify({ repair: false }))], [], "what verify finds");
}

/** Ends what is under way, drops everything, and wants nothing to be left. */
async function end({ index, model }: Replay): Promise<void> {
  for (const { ref, open } of model.intents) if (open) await index.closeWrite(ref, false);
  for (const { ref } of model.claims) await index.release(ref);
  for (const storeId of ["s", "t"]) await index.invalidate(storeId, "/");
  await drain(index);
  const { bytes, entries, claims, condemnedBytes } = await index.usage();
  equal(
    [bytes, entries, claims, condemnedBytes],
    [0, 0, 0, 0],
    "bytes, entries, claims, condemned at the end",
  );
}

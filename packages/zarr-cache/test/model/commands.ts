import fc from "fast-check";
import { expect } from "vitest";
import type { CachedStore } from "../../src/cached-store.ts";
import { isUnder, type Key } from "../../src/key.ts";
import { type RangeQuery, rangeLength, sliceRange } from "../../src/range.ts";
import type { FaultKind } from "../../src/testing/index.ts";
import { seededBytes } from "../../src/testing/random.ts";
import type { System } from "./system.ts";

type Command = fc.AsyncCommand<object, System>;

export const KEYS: readonly Key[] = ["/zarr.json", "/a", "/a/c/0", "/a/c/1", "/ab"];
const PATHS = ["/", "/a", "/a/", "/a/c/", "/ab", "/zarr.json"];
const INDEX_METHODS = [
  "lookup",
  "claim",
  "reserve",
  "commit",
  "release",
  "makeRoom",
  "openWrite",
  "closeWrite",
  "invalidate",
];

/** Makes a command of a name and what it does. */
function command(name: string, run: (system: System) => Promise<void>): Command {
  return { check: () => true, run: (_, system) => run(system), toString: () => name };
}

const storeIn = (system: System, which: number): CachedStore => system.stores[which] as CachedStore;
const shown = (range: RangeQuery | undefined): string =>
  range === undefined ? "" : ` ${JSON.stringify(range)}`;

/** Reads a key and compares what came with what the source held. */
async function readAndCompare(
  system: System,
  which: number,
  key: Key,
  range: RangeQuery | undefined,
  also: readonly (Uint8Array | undefined)[] = [],
): Promise<void> {
  const store = storeIn(system, which);
  const isDown = system.isSourceDown;
  const allowed = [...system.history.allowed(key), ...also];
  let value: Uint8Array | undefined;
  try {
    value = await (range === undefined ? store.get(key) : store.getRange(key, range));
  } catch (error) {
    expect(isDown, `read of ${key}${shown(range)} failed: ${error}`).toBe(true);
    return;
  }
  const asked = range === undefined ? 0 : rangeLength(range);
  if (range !== undefined && asked === 0) {
    expect(value).toEqual(new Uint8Array(0));
    return;
  }
  const expected = allowed.flatMap((one) => {
    if (one === undefined || range === undefined) return [one];
    // A whole body that is no longer than what was asked for cannot be told from the range.
    const isAmbiguous = system.ranges === "ignored" && one.byteLength <= asked;
    return isAmbiguous ? [sliceRange(one, range), one] : [sliceRange(one, range)];
  });
  const isAllowed = expected.some((one) => areEqual(one, value));
  expect(isAllowed, `read of ${key}${shown(range)}: ${show(value)} is none of ${expected.map(show)}`).toBe(
    true,
  );
  if (value !== undefined) {
    expect(value.byteOffset).toBe(0);
    expect(value.buffer.byteLength).toBe(value.byteLength);
    // What a reader does with its bytes is nobody's business.
    value.fill(0xee);
  }
}

/** Writes or deletes through a store. One that fails must not have changed what can be read. */
async function write(system: System, which: number, key: Key, value: Uint8Array | undefined): Promise<void> {
  const before = system.values.get(key);
  const store = storeIn(system, which);
  try {
    await (value === undefined ? store.delete(key) : store.set(key, value.slice()));
  } catch (error) {
    expect(error).toMatchObject({ tag: "CacheUnavailableError" });
    if (system.values.get(key) === before) return;
  }
  system.history.settled(key, system.values.get(key));
}

async function invalidate(system: System, which: number, path: string): Promise<void> {
  try {
    await storeIn(system, which).invalidate(path);
  } catch (error) {
    expect(error).toMatchObject({ tag: "CacheUnavailableError" });
    return;
  }
  for (const key of KEYS) if (isUnder(key, path)) system.history.settled(key, system.values.get(key));
}

const which = fc.nat({ max: 1 });
const key = fc.constantFrom(...KEYS);
const range: fc.Arbitrary<RangeQuery> = fc.oneof(
  fc.record({ offset: fc.constantFrom(0, 1, 7, 40, 5000), length: fc.constantFrom(0, 1, 8, 100, 6000) }),
  fc.record({ suffixLength: fc.constantFrom(0, 1, 16, 100_000) }),
);
const value = fc
  .tuple(fc.constantFrom(0, 1, 50, 3000, 7000), fc.nat({ max: 1_000_000 }))
  .map(([size, seed]) => seededBytes(size, seed));

const reading = fc.tuple(which, key, fc.option(range, { nil: undefined })).map(([which, key, range]) =>
  command(`read ${key}${shown(range)} through ${which}`, async (system) => {
    // A read that the source holds would hold this one too.
    const answered = Promise.resolve().then(() => system.answerHeld(key));
    await readAndCompare(system, which, key, range);
    await answered;
  }),
);

const writing = fc
  .tuple(which, key, fc.option(value, { nil: undefined }))
  .map(([which, key, value]) =>
    command(
      `${value === undefined ? "delete" : `set ${value.byteLength} bytes of`} ${key} through ${which}`,
      (system) => write(system, which, key, value),
    ),
  );

const foreignChange = fc.tuple(key, fc.option(value, { nil: undefined })).map(([key, value]) =>
  command(`somebody else writes ${key}`, async (system) => {
    if (value === undefined) system.values.delete(key);
    else system.values.set(key, value);
    system.history.changed(key, value);
  }),
);

const invalidating = fc
  .tuple(which, fc.constantFrom(...PATHS))
  .map(([which, path]) =>
    command(`invalidate ${path} through ${which}`, (system) => invalidate(system, which, path)),
  );

const together = fc
  .tuple(
    key,
    fc.array(fc.tuple(which, fc.constantFrom("read", "range", "set", "invalidate")), {
      minLength: 2,
      maxLength: 6,
    }),
    value,
  )
  .map(([key, steps, value]) =>
    command(
      `at once on ${key}: ${steps.map(([which, step]) => `${step} through ${which}`).join(", ")}`,
      async (system) => {
        await system.answerHeld(key);
        const before = system.history.allowed(key);
        const written = steps.map(([, step], i) =>
          step === "set" ? seededBytes(value.byteLength + 1, i + 1) : undefined,
        );
        const also = [...before, ...written.filter((one) => one !== undefined)];
        await Promise.all(
          steps.map(([which, step], i) => {
            if (step === "read") return readAndCompare(system, which, key, undefined, also);
            if (step === "range") return readAndCompare(system, which, key, { offset: 1, length: 8 }, also);
            if (step === "set") return write(system, which, key, written[i]);
            return invalidate(system, which, key);
          }),
        );
      },
    ),
  );

const heldRead = fc.tuple(which, key).map(([which, key]) =>
  command(`the source takes its time for ${key} through ${which}`, async (system) => {
    if (system.held.length === 0) system.beginHeldRead(storeIn(system, which), key);
  }),
);

const movingTheClock = fc.constantFrom(1, 400, 1000, 1001, 20_000, -1, -700, -30_000).map((milliseconds) =>
  command(`the clock moves by ${milliseconds} ms`, async (system) => {
    system.history.moved(() => system.clock.set(system.clock.now() + milliseconds));
  }),
);

const indexFault = fc
  .tuple(
    fc.constantFrom<FaultKind>("fail", "loseReply"),
    fc.subarray(INDEX_METHODS, { minLength: 1 }),
    fc.nat({ max: 4 }),
  )
  .map(([kind, on, times]) =>
    command(`the index is made to ${kind} ${on.join(", ")} ${times} times`, async (system) => {
      system.indexFaults.add({ kind, on, times });
    }),
  );

const byteFault = fc
  .tuple(
    fc.constantFrom<FaultKind>("fail", "loseReply", "truncate", "flipBit"),
    fc.subarray(["get", "getRange", "set", "delete"], { minLength: 1 }),
    fc.nat({ max: 4 }),
  )
  .map(([kind, on, times]) =>
    command(`the bytes are made to ${kind} ${on.join(", ")} ${times} times`, async (system) => {
      system.byteFaults.add({ kind, on, times });
    }),
  );

const others = fc.constantFrom(
  command("the source is down", async (system) => {
    system.isSourceDown = true;
  }),
  command("the source is back", async (system) => {
    system.isSourceDown = false;
  }),
  command("the source answers what it has held", (system) => system.answerHeld()),
  command("the cache is pressed", (system) => system.press()),
  command("everything rests", async (system) => {
    await system.answerHeld();
    for (const store of system.stores) await store.idle();
  }),
  command("a crash", async (system) => system.crash()),
);

/** What can happen to a cached store, more often what users do. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: reading, weight: 8 },
  { arbitrary: writing, weight: 3 },
  { arbitrary: foreignChange, weight: 3 },
  { arbitrary: together, weight: 2 },
  { arbitrary: invalidating, weight: 1 },
  { arbitrary: heldRead, weight: 1 },
  { arbitrary: movingTheClock, weight: 2 },
  { arbitrary: indexFault, weight: 1 },
  { arbitrary: byteFault, weight: 1 },
  { arbitrary: others, weight: 2 },
);

function areEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}

function show(value: Uint8Array | undefined): string {
  return value === undefined ? "missing" : `${value.byteLength} bytes (${value.subarray(0, 3).join(" ")} …)`;
}

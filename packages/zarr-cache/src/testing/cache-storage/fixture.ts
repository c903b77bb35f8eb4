import type { Part } from "../../part.ts";
import type { CacheHit, CacheStorage, Fill } from "../../storage.ts";
import { equal, inState, present } from "../check.ts";
import { checkInvariants } from "../check-invariants.ts";
import { type FakeClock, fakeClock } from "../fake-clock.ts";
import { seededBytes } from "../random.ts";
import type { TestRunner } from "../test-runner.ts";

/** Bytes of a value in these tests: many, beside what an index and a medium add. */
export const CHUNK = 102_400;

/** How a test wants its storage. */
export interface StorageTestOptions {
  /** Budget of the lowest tier, in bytes. */
  readonly maxBytes: number;
  /** Tells the time, and holds the timers. The suite moves it. */
  readonly clock: FakeClock;
}

/** A storage for one test: empty, alone in its place. */
export interface StorageFixture {
  readonly storage: CacheStorage;
  /** Removes the place, after the storage was closed. */
  dispose(): Promise<void>;
}

/** Options of `describeCacheStorage`. */
export interface StorageSuite extends TestRunner {
  /** Makes a storage; called once per test. */
  create(options: StorageTestOptions): Promise<StorageFixture>;
}

/** What the body of a test works on. */
export interface StorageTest {
  readonly storage: CacheStorage;
  readonly clock: FakeClock;
}

/** Declares one test of the storage suite; afterwards the storage must be in order, unless the test leaves it closed. */
export type StorageTestDeclaration = (
  title: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: most tests return nothing.
  body: (test: StorageTest) => Promise<void | "closed">,
) => void;

/** Makes the function that declares tests on storages of this suite. Room is for ten chunks and most of another. */
export function storageTests({ create, it }: StorageSuite): StorageTestDeclaration {
  return (title, body) =>
    it(title, async () => {
      const clock = fakeClock();
      const { storage, dispose } = await create({ maxBytes: 10.9 * CHUNK, clock });
      try {
        await storage.open();
        const left = await body({ storage, clock });
        if (left !== "closed") await checkInvariants(storage);
      } finally {
        await storage.close();
        await dispose();
      }
    });
}

/** The whole value of a key. */
export const whole = (key: string, storeId = "s"): Part => ({ storeId, key });

/** A range of a key. */
export const range = (key: string, offset: number, length: number): Part => ({
  storeId: "s",
  key,
  range: { offset, length },
});

/** A chunk that a seed repeats. */
export const chunk = (seed: number, size: number = CHUNK): Uint8Array => seededBytes(size, seed);

/** Claims a part that nobody holds and that is not cached. */
export async function takeFill(storage: CacheStorage, part: Part): Promise<Fill> {
  return inState(await storage.claim(part), "fill", `claim of ${part.key}`);
}

/** The hit of a part that is cached. */
export async function hitOf(storage: CacheStorage, part: Part): Promise<CacheHit> {
  return present(await storage.get(part), `get of ${part.key}`);
}

/** Wants a part to be cached with these bytes. */
export async function holds(storage: CacheStorage, part: Part, value: Uint8Array | undefined): Promise<void> {
  equal((await hitOf(storage, part)).value, value, `bytes of ${part.key}`);
}

/** Wants a part not to be cached. */
export async function lacks(storage: CacheStorage, part: Part, when: string): Promise<void> {
  equal(await storage.get(part), undefined, `get of ${part.key} ${when}`);
  equal(await storage.has(part), false, `has of ${part.key} ${when}`);
}

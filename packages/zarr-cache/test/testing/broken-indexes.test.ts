import { describe, expect, it } from "vitest";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import type { ClaimRef, StoreIndex } from "../../src/store-index.ts";
import { describeStoreIndex, type IndexSuite, type IndexTestOptions } from "../../src/testing/index.ts";
import { verdictOf } from "./collect-tests.ts";
import { replaceMembers } from "./replace-members.ts";

/** A memory index with some methods replaced; each gets the sound index and makes its replacement. */
type Defect = (sound: StoreIndex) => Partial<StoreIndex>;

function memoryIndex({ lockAge: _, ...options }: IndexTestOptions): StoreIndex {
  return new MemoryStoreIndex(options);
}

function suiteOver(defect: Defect, more: Partial<IndexSuite> = {}) {
  return (runner: Pick<IndexSuite, "describe" | "it">) =>
    describeStoreIndex("broken", {
      create: async (options) => {
        const sound = memoryIndex(options);
        return { index: replaceMembers(sound, defect(sound)), dispose: async () => {} };
      },
      ...more,
      ...runner,
    });
}

/** Condemns what an invalidation covers, and leaves the claims alone. */
async function dropEntries(sound: StoreIndex, covers: (key: string) => boolean): Promise<void> {
  for (const entry of (await sound.entries({ limit: 1000 })).entries)
    if (covers(entry.key)) {
      const { storeId, key, range } = entry;
      await sound.condemn({ storeId, key, ...(range && { range }) }, entry.token);
    }
}

const DEFECTS: readonly (readonly [what: string, title: string, defect: Defect])[] = [
  [
    "invalidation that forgets the claims",
    "a fill that began before invalidate / never becomes visible",
    (sound) => ({ invalidate: (_, path) => dropEntries(sound, (key) => key.startsWith(path)) }),
  ],
  [
    "invalidation by raw string prefix",
    "invalidate /a removes what is under it and nothing else",
    (sound) => ({ invalidate: (_, path) => dropEntries(sound, (key) => key.startsWith(path)) }),
  ],
  [
    "eviction that frees before the bytes are deleted",
    "what is condemned is charged until it is freed",
    (sound) => ({
      makeRoom: async (want) => {
        const room = await sound.makeRoom(want);
        await sound.free(room.evicted.map(({ token }) => token));
        return room;
      },
    }),
  ],
  [
    "a second claim beside a live one",
    "one live claim per part: the second caller waits for the first",
    (sound) => ({
      claim: async (part, fresh) => {
        const answer = await sound.claim(part, fresh);
        return answer.state === "wait"
          ? { state: "fill", claim: { token: answer.token, part, claimedAt: 0 } }
          : answer;
      },
    }),
  ],
  [
    "a bound of freshness that excludes its end",
    "an age of exactly the bound is fresh, 1 ms more is stale",
    (sound) => ({
      claim: (part, { present, missing }) => sound.claim(part, { present: present - 1, missing }),
    }),
  ],
  [
    "one bound of freshness for present and missing keys",
    "a missing key has a bound of its own",
    (sound) => ({ claim: (part, { present }) => sound.claim(part, { present, missing: present }) }),
  ],
  [
    "age that counts from the commit",
    "age counts from the claim, not from the commit",
    (sound) => ({
      commit: (claim, facts) => sound.commit(claim, { ...facts, age: claim.claimedAt - sound.now() }),
    }),
  ],
  [
    "a commit that loses the validator",
    "the facts of a fill come back",
    (sound) => ({ commit: (claim, facts) => sound.commit(claim, { ...facts, validator: undefined }) }),
  ],
  [
    "a range that passes for the whole",
    "a whole answers its ranges, a range only itself",
    (sound) => ({
      lookup: async (part) =>
        (await sound.lookup(part)) ?? (await sound.lookup({ ...part, range: { offset: 8, length: 16 } })),
    }),
  ],
  [
    "look-ups that count no use",
    "what was never used goes before what was",
    (sound) => ({ lookup: (part) => sound.peek(part) }),
  ],
  [
    "a policy that ignores cost",
    "what is cheap to get again goes first",
    (sound) => ({ commit: (claim, facts) => sound.commit(claim, { ...facts, cost: 1 }) }),
  ],
  [
    "a pin that is nothing but said",
    "what is pinned is not evicted, whatever comes",
    () => ({ weigh: () => "weighed" }),
  ],
  [
    "pins without a limit",
    "more is not pinned than may be, and nothing changes then",
    (sound) => ({
      weigh: async (part, weight) => {
        await sound.weigh(part, weight);
        return "weighed" as const;
      },
    }),
  ],
  [
    "a waiter that does not wait",
    "settled resolves on commit",
    () => ({ settled: async () => ({ failure: undefined }) }),
  ],
  [
    "a waiter that is not told why",
    "settled resolves on release, with the failure",
    (sound) => ({
      settled: (part, token, signal) =>
        sound.settled(part, token, signal).then(() => ({ failure: undefined })),
    }),
  ],
  [
    "a release that leaves the reservation",
    "a released reservation is condemned, and charged until it is freed",
    () => ({ release: () => {} }),
  ],
  [
    "a pass mark without end",
    "a pass mark ends after its time",
    (sound) => ({
      release: (claim, outcome) => sound.release(claim, { ...outcome, passFor: Number.MAX_SAFE_INTEGER }),
    }),
  ],
  [
    "a write that blocks nothing",
    "nothing commits on the key while a write is open",
    (sound) => ({
      openWrite: async (storeId, key): Promise<ClaimRef> => {
        const intent = await sound.openWrite(storeId, key);
        await sound.closeWrite(intent, false);
        return intent;
      },
    }),
  ],
  [
    "a write that keeps its bytes although another overlapped",
    "writes that overlap keep nothing, in whatever order they close",
    (sound) => ({
      closeWrite: async (intent, keep) => {
        const claim = await sound.closeWrite(intent, keep);
        if (claim !== undefined || !keep) return claim;
        const answer = await sound.claim(intent.part, { present: -1, missing: -1 });
        return answer.state === "fill" ? answer.claim : undefined;
      },
    }),
  ],
  [
    "a store id that anyone may bind",
    "a store id belongs to the source that it was bound to first",
    () => ({ bind: () => {} }),
  ],
  [
    "a deleted store that keeps its id",
    "deleteStore forgets entries, claims and the binding of one id",
    (sound) => ({ deleteStore: (storeId) => sound.invalidate(storeId, "/") }),
  ],
  [
    "entries that are not sorted",
    "entries by size come sorted, each once, page after page",
    (sound) => ({ entries: ({ orderBy: _, ...query }) => sound.entries(query) }),
  ],
  [
    "pages that begin anew",
    "entries by key come sorted, each once, page after page",
    (sound) => ({ entries: ({ cursor: _, ...query }) => sound.entries(query) }),
  ],
  [
    "a charge below the footprint",
    "charges at least the footprint, whatever the size",
    (sound) => ({ reserve: (claim, want) => sound.reserve(claim, { ...want, footprint: want.size }) }),
  ],
  [
    "names that are charged and not known",
    "known tells the names that are charged: entries, reservations, condemned",
    () => ({ known: (names) => names.map(() => false) }),
  ],
  [
    "a renewal that loses nothing",
    "renew keeps what lives and tells what does not",
    () => ({ renew: () => [] }),
  ],
  [
    "books that do not balance",
    "now is the clock that it was given",
    () => ({ verify: async () => ["charged 1 byte too many"] }),
  ],
];

describe("describeStoreIndex finds", () => {
  it.each(DEFECTS)("%s", async (_, title, defect) => {
    expect(
      await verdictOf(
        suiteOver(() => ({})),
        title,
      ),
    ).toBeUndefined();
    expect(await verdictOf(suiteOver(defect), title)).toMatch(/^(ContractError|StoreIdConflictError): /);
  });

  it("a clock that never goes back", async () => {
    const create: IndexSuite["create"] = async (options) => {
      let latest = 0;
      const clock = () => {
        latest = Math.max(latest, options.clock());
        return latest;
      };
      return { index: memoryIndex({ ...options, clock }), dispose: async () => {} };
    };
    const title = "an age below zero is stale: the clock went back";
    expect(
      await verdictOf(
        suiteOver(() => ({}), { create }),
        title,
      ),
    ).toMatch(/^ContractError: /);
  });

  it("a limit on the size of entries that is not heeded", async () => {
    const create: IndexSuite["create"] = async ({ maxEntryBytes: _, ...options }) => ({
      index: memoryIndex({ ...options, maxEntryBytes: options.maxBytes }),
      dispose: async () => {},
    });
    const title = "an entry larger than maxEntryBytes is refused, and evicts nothing";
    expect(
      await verdictOf(
        suiteOver(() => ({}), { create }),
        title,
      ),
    ).toMatch(/^ContractError: /);
  });

  it("a shared index that never transfers the claims of the dead", async () => {
    const create: IndexSuite["create"] = async (options) => {
      const index = memoryIndex(options);
      return { index, second: async () => index, dispose: async () => {} };
    };
    const shared = suiteOver(() => ({}), { create, scope: "machine" });
    const sound = "one live claim per part over all clients";
    expect(await verdictOf(shared, sound)).toBeUndefined();
    const title = "a claim that is not renewed for lockAge is transferred, and its holder cannot commit";
    expect(await verdictOf(shared, title)).toMatch(/^ContractError: claim of \/a: expected state "fill"/);
  });

  it("an index that is not of the scope it is said to be", async () => {
    const title = "says that its scope is cluster";
    expect(
      await verdictOf(
        suiteOver(() => ({}), { scope: "cluster" }),
        title,
      ),
    ).toMatch(/^ContractError: /);
  });

  it("a difference from the model, and names the seed that shows it", async () => {
    const broken = suiteOver((sound) => ({
      invalidate: (_, path) => dropEntries(sound, (key) => key.startsWith(path)),
    }));
    const title = "holds what a plain model holds after each of 500 random operations, seed 1";
    expect(
      await verdictOf(
        suiteOver(() => ({})),
        title,
      ),
    ).toBeUndefined();
    expect(await verdictOf(broken, title)).toMatch(/^ContractError: seed 1: .+\nafter\n/);
  });
});

import { describe, expect, it } from "vitest";
import { MEMORY_ENTRY_OVERHEAD } from "../src/memory/ledger.ts";
import { MemoryStoreIndex } from "../src/memory/memory-store-index.ts";
import type { Reservation } from "../src/store-index.ts";
import { seededRandom } from "../src/testing/random.ts";
import { ReferencePolicy, type Request } from "./reference-policy.ts";

const BUDGET = 200_000;
const FOREVER = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };

/** Serves requests from a memory index in the steps of a fill, and tells what {@link ReferencePolicy} tells. */
class IndexUnderTest {
  readonly #index: MemoryStoreIndex;
  readonly #keys = new Map<string, string>();
  #now = 0;

  constructor(policy: "gdsf" | "lru") {
    this.#index = new MemoryStoreIndex({
      maxBytes: BUDGET,
      maxEntryBytes: BUDGET,
      policy,
      clock: () => this.#now,
    });
    void this.#index.open();
    this.#index.markClean();
  }

  request({ key, charge, cost, weight }: Request): ReturnType<ReferencePolicy["request"]> {
    this.#now++;
    const part = { storeId: "store", key };
    if (this.#index.lookup(part) !== undefined) return { hit: true, evicted: [], held: true };
    const answer = this.#index.claim(part, FOREVER);
    if (answer.state !== "fill") throw new Error(`claim answered ${answer.state}`);
    const { claim } = answer;
    const size = charge - MEMORY_ENTRY_OVERHEAD;
    const want: Reservation = { footprint: size, size, cost, weight };
    const evicted: string[] = [];
    for (;;) {
      const reserved = this.#index.reserve(claim, want);
      if (reserved === "reserved") break;
      const room = reserved === "full" ? this.#index.makeRoom(want) : { state: "refused", evicted: [] };
      evicted.push(...room.evicted.map(({ token }) => this.#keys.get(token) ?? "?"));
      this.#index.free(room.evicted.map(({ token }) => token));
      if (room.state === "refused") {
        this.#index.release(claim);
        return { hit: false, evicted, held: false };
      }
    }
    this.#keys.set(claim.token, key);
    const facts = { missing: false, size, checksum: 0, age: 0, expiresAt: Number.POSITIVE_INFINITY, cost };
    expect(this.#index.commit(claim, { ...facts, validator: undefined })).toBe(true);
    return { hit: false, evicted, held: true };
  }

  charged(): number {
    return this.#index.usage().bytes;
  }
}

/** Requests for objects of fixed random size and cost: popular ones by Zipf's law, with a scan now and then. */
function* requests(seed: number, mostWeight: number): Generator<Request> {
  const random = seededRandom(seed);
  const fraction = (): number => (random.below(2 ** 26) + 1) / 2 ** 26;
  const objects = Array.from({ length: 1500 }, (_, number) => ({
    key: `/c/${number}`,
    charge: MEMORY_ENTRY_OVERHEAD + 1 + random.below(random.below(10) === 0 ? 60_000 : 4000),
    // Random to the last digit: no two ranks tie, so there is one right order.
    cost: 1000 ** fraction(),
    // Some are fetched before anybody asks for them; not beside a floor that has no digit left for so little.
    weight: random.below(mostWeight < 100 ? 5 : 1e9) === 4 ? 2 ** -20 * fraction() : mostWeight ** fraction(),
  }));
  for (let scan = 0; scan < 12; scan++) {
    for (let i = 0; i < 1000; i++) yield objects[Math.floor(objects.length ** fraction()) - 1] as Request;
    for (let i = 0; i < 100; i++) yield objects[500 + scan * 80 + i] as Request;
  }
}

describe.each(["gdsf", "lru"] as const)("the memory index under %s", (policy) => {
  it.each([
    { seed: 1, mostWeight: 1 },
    { seed: 2, mostWeight: 8 },
    // Such weights drive the floor so high that the index rebases its ranks.
    { seed: 3, mostWeight: 1e9 },
    { seed: 4, mostWeight: 1e9 },
  ])(
    "evicts victim by victim what the reference evicts (seed $seed, weights up to $mostWeight)",
    (replay) => {
      const index = new IndexUnderTest(policy);
      const reference = new ReferencePolicy(policy, BUDGET);
      let hits = 0;
      let victims = 0;
      let refusals = 0;
      let at = 0;
      for (const request of requests(replay.seed, replay.mostWeight)) {
        const expected = reference.request(request);
        expect(index.request(request), `request ${at} of seed ${replay.seed}, ${request.key}`).toEqual(
          expected,
        );
        expect(index.charged()).toBeLessThanOrEqual(BUDGET);
        hits += expected.hit ? 1 : 0;
        victims += expected.evicted.length;
        refusals += expected.held ? 0 : 1;
        at++;
      }
      // A replay in which nothing had to go would prove nothing.
      expect(hits).toBeGreaterThan(1000);
      expect(victims).toBeGreaterThan(1000);
      expect(refusals > 0).toBe(policy === "gdsf");
    },
  );
});

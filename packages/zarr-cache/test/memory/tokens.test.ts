import { expect, it } from "vitest";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import type { ClaimRef } from "../../src/store-index.ts";

const FOREVER = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
const WANT = { footprint: 10, size: 10, cost: 1, weight: 1 };
const FACTS = {
  missing: false,
  size: 10,
  checksum: 0,
  age: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  cost: 1,
  validator: undefined,
};

function take(index: MemoryStoreIndex, key: string): ClaimRef {
  const answer = index.claim({ storeId: "s", key }, FOREVER);
  if (answer.state !== "fill") throw new Error(answer.state);
  return answer.claim;
}

/** As a caller has it that kept only what a claim says. */
function rebuilt({ token, part, claimedAt }: ClaimRef): ClaimRef {
  return { token, part: { ...part }, claimedAt };
}

it("knows a claim by its token alone", () => {
  const index = new MemoryStoreIndex();
  const claim = take(index, "/a");
  const other = take(index, "/b");
  expect(index.renew([rebuilt(claim)])).toEqual([]);
  expect(index.renew([{ ...rebuilt(claim), part: other.part }])).toEqual([claim.token]);
  expect(index.reserve(rebuilt(claim), WANT)).toBe("reserved");
  expect(index.commit(rebuilt(claim), FACTS)).toBe(true);
  expect(index.peek(claim.part)?.token).toBe(claim.token);
  // A step that is repeated answers the same.
  expect(index.commit(rebuilt(claim), FACTS)).toBe(true);
  expect(index.commit(claim, FACTS)).toBe(true);
});

it("answers lost to a token that is over, although its slot is used again", () => {
  const index = new MemoryStoreIndex();
  const old = take(index, "/a");
  index.release(old);
  const claim = take(index, "/a");
  expect(claim.token).not.toBe(old.token);
  for (const ref of [old, rebuilt(old)]) {
    expect(index.reserve(ref, WANT)).toBe("lost");
    expect(index.commit(ref, FACTS)).toBe(false);
    index.release(ref);
  }
  expect(index.renew([claim])).toEqual([]);
  expect(index.known([old, claim].map(({ token }) => ({ storeId: "s", token })))).toEqual([false, true]);
});

it("answers lost to forged tokens, and frees nothing by them", async () => {
  const index = new MemoryStoreIndex();
  const { epoch } = await index.open();
  const claim = take(index, "/a");
  index.reserve(claim, WANT);
  index.release(claim);
  const { bytes } = index.usage();
  const rest = claim.token.slice(epoch.length);
  const forged = [
    "",
    epoch,
    rest,
    `${epoch}0${rest}`,
    `${epoch}${rest}0`,
    `${epoch}${rest} `,
    `${epoch}${rest.replace("x", "x0")}`,
    `${epoch}${rest.replace("x", "")}`,
    `${epoch}+${rest}`,
    `${epoch}99x0`,
    `${epoch}9999999999999999x0`,
    `${"0".repeat(16)}${rest}`,
  ];
  for (const token of forged) {
    expect(index.reserve({ ...rebuilt(claim), token }, WANT)).toBe("lost");
    expect(index.known([{ storeId: "s", token }])).toEqual([false]);
    index.free([token]);
  }
  expect(index.usage().bytes).toBe(bytes);
  index.free([claim.token]);
  expect(index.usage().bytes).toBe(0);
});

it("takes a claim of another index for none", () => {
  const index = new MemoryStoreIndex();
  const foreign = take(new MemoryStoreIndex(), "/a");
  expect(index.reserve(foreign, WANT)).toBe("lost");
  take(index, "/a");
  expect(index.reserve(foreign, WANT)).toBe("lost");
});

it("spreads by the last characters, by which media divide names among directories", () => {
  const index = new MemoryStoreIndex();
  const tokens = Array.from({ length: 4096 }, (_, i) => take(index, `/${i}`).token);
  // Again and again the same slot, as in a small cache.
  for (let i = 0; i < 4096; i++) {
    const claim = take(index, "/again");
    tokens.push(claim.token);
    index.release(claim);
  }
  for (const half of [tokens.slice(0, 4096), tokens.slice(4096)])
    for (const [characters, most] of [
      [1, 16],
      [2, 256],
    ] as const) {
      const counts = new Map<string, number>();
      for (const token of half) {
        const end = token.slice(-characters);
        counts.set(end, (counts.get(end) ?? 0) + 1);
      }
      expect(counts.size).toBe(most);
      expect(Math.max(...counts.values())).toBeLessThan(3 * (4096 / most));
    }
});

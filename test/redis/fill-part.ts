import type { ClaimRef, Part, Reservation, StoreIndex } from "zarr-cache";

/** Any age is fresh. */
export const ANY_AGE = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };

/** The whole value of a key of store `s`. */
export const whole = (key: string, storeId = "s"): Part => ({ storeId, key });

/** Claims a part that nobody holds. */
export async function takeClaim(index: StoreIndex, part: Part): Promise<ClaimRef> {
  const answer = await index.claim(part, ANY_AGE);
  if (answer.state !== "fill") throw new Error(`The claim of ${part.key} is a ${answer.state}.`);
  return answer.claim;
}

/** Fills a part from claim to commit, making room where there is none; tells its token. */
export async function fillPart(index: StoreIndex, part: Part, size = 1000, cost = 100): Promise<string> {
  const claim = await takeClaim(index, part);
  const want: Reservation = { footprint: size, size, cost, weight: 1 };
  while ((await index.reserve(claim, want)) === "full") {
    const { evicted } = await index.makeRoom(want, part);
    await index.free(evicted.map(({ token }) => token));
  }
  const facts = { missing: false, size, checksum: 0, age: 0, expiresAt: Number.POSITIVE_INFINITY, cost };
  if (!(await index.commit(claim, { ...facts, validator: undefined })))
    throw new Error(`The commit of ${part.key} does not hold.`);
  return claim.token;
}

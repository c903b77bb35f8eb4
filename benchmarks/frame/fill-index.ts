import type { MemoryStoreIndex, Part, Reservation } from "zarr-cache";

const FOREVER = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };

/**
 * Takes a memory index through the steps of a fill (claim, reserve, make room, free, commit) for a value of stated size
 * of which no byte exists. Returns false when the policy refuses it.
 */
export function fillIndex(index: MemoryStoreIndex, part: Part, want: Reservation): boolean {
  const answer = index.claim(part, FOREVER);
  if (answer.state !== "fill")
    throw new Error(`Nobody else fills ${part.key}, and yet it is a ${answer.state}`);
  const { claim } = answer;
  for (;;) {
    const reserved = index.reserve(claim, want);
    if (reserved === "reserved") break;
    if (reserved !== "full" || !makeRoom(index, want)) {
      index.release(claim);
      return false;
    }
  }
  const { size, cost } = want;
  const facts = {
    missing: false,
    size,
    checksum: 0,
    age: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    cost,
    validator: undefined,
  };
  if (!index.commit(claim, facts)) throw new Error(`The commit of ${part.key} was refused`);
  return true;
}

function makeRoom(index: MemoryStoreIndex, want: Reservation): boolean {
  const { state, evicted } = index.makeRoom(want);
  index.free(evicted.map(({ token }) => token));
  return state !== "refused";
}

import type { Part } from "../../part.ts";
import type { ClaimRef, EntryFacts, FreshWithin, Reservation, StoreIndex } from "../../store-index.ts";
import type { StoredName } from "../../store-opener.ts";
import { ContractError, check, inState } from "../check.ts";

/** Bytes of a value in these tests: so many that what an index adds for an entry does not matter. */
export const UNIT = 1_000_000;

/** Any age is fresh. */
export const ANY_AGE: FreshWithin = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };

/** The whole value of a key. */
export const whole = (key: string, storeId = "s"): Part => ({ storeId, key });

/** A range of a key. */
export const range = (key: string, offset: number, length: number, storeId = "s"): Part => ({
  storeId,
  key,
  range: { offset, length },
});

/** What a filler tells and asks, with a plain value of one {@link UNIT} as the default. */
export type Filling = Partial<EntryFacts & Reservation>;

/** What a claim asks of the budget. */
export function reservation(filling: Filling = {}): Reservation {
  const size = filling.size ?? (filling.missing === true ? 0 : UNIT);
  const { cost = 100, weight = 1, footprint = size } = filling;
  return { footprint, size, cost, weight };
}

/** What a filler tells of its bytes. */
export function facts(filling: Filling = {}): EntryFacts {
  const { size, cost } = reservation(filling);
  const { missing = false, checksum = 7, age = 0, validator, location, grace } = filling;
  const { expiresAt = Number.POSITIVE_INFINITY } = filling;
  return { missing, size, checksum, age, expiresAt, cost, validator, location, grace };
}

/** Claims a part that nobody holds and that is not cached. */
export async function take(index: StoreIndex, part: Part, fresh: FreshWithin = ANY_AGE): Promise<ClaimRef> {
  return inState(await index.claim(part, fresh), "fill", `claim of ${part.key}`).claim;
}

/** Reserves room for a claim, driving out what ranks lower; tells the names that went. */
export async function admit(
  index: StoreIndex,
  claim: ClaimRef,
  want: Reservation,
): Promise<{ state: "reserved" | "refused" | "lost"; evicted: StoredName[] }> {
  const evicted: StoredName[] = [];
  for (let round = 0; round < 1000; round++) {
    const answer = await index.reserve(claim, want);
    if (answer !== "full") return { state: answer, evicted };
    const room = await index.makeRoom(want, claim.part);
    evicted.push(...room.evicted);
    await index.free(room.evicted.map(({ token }) => token));
    if (room.state === "refused") return { state: "refused", evicted };
  }
  throw new ContractError(`No room was made for ${claim.part.key} in 1000 rounds of makeRoom.`);
}

/** Fills a part from claim to commit and answers the token of its entry. */
export async function fill(
  index: StoreIndex,
  part: Part,
  filling: Filling = {},
  fresh: FreshWithin = ANY_AGE,
): Promise<string> {
  const claim = await take(index, part, fresh);
  const { state } = await admit(index, claim, reservation(filling));
  check(state === "reserved", `room for ${part.key} was ${state}`);
  check(await index.commit(claim, facts(filling)), `commit of ${part.key} holds`);
  return claim.token;
}

/** Whether a part has an entry of its own or is answered by another, of any age. */
export async function isVisible(index: StoreIndex, part: Part): Promise<boolean> {
  return (await index.peek(part)) !== undefined;
}

/** Which of these keys of store `s` have a visible whole. */
export async function visibleKeys(index: StoreIndex, keys: readonly string[]): Promise<string[]> {
  const seen: string[] = [];
  for (const key of keys) if (await isVisible(index, whole(key))) seen.push(key);
  return seen;
}

/** Sweeps to the end and frees everything that is condemned; answers its tokens. */
export async function drain(index: StoreIndex): Promise<string[]> {
  const freed: string[] = [];
  for (let round = 0; round < 1000; round++) {
    const { more } = await index.sweep();
    const tokens = (await index.condemned(100)).map(({ token }) => token);
    if (tokens.length > 0) await index.free(tokens);
    freed.push(...tokens);
    if (!more && tokens.length === 0) return freed;
  }
  throw new ContractError("Sweeping came to no end in 1000 steps.");
}

import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { StoreIdConflictError } from "../errors.ts";
import { isUnder } from "../key.ts";
import { assertFunction, assertKnownOptions, parseCount } from "../options.ts";
import type { Part } from "../part.ts";
import { type PolicyOption, parsePolicy } from "../policy.ts";
import { rangeId } from "../range.ts";
import type {
  ClaimAnswer,
  ClaimRef,
  EntryFacts,
  EntryPage,
  EntryQuery,
  FreshWithin,
  IndexEntry,
  IndexState,
  IndexUsage,
  ReleaseOutcome,
  Reservation,
  Room,
  Settlement,
  StoreIndex,
  SweepStep,
} from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import { newEpoch } from "../token.ts";
import { Charges } from "./charges.ts";
import { ClaimBook, MemoryClaim } from "./claim-book.ts";
import { listEntries } from "./entry-listing.ts";
import { Field } from "./entry-slots.ts";
import { type Aside, Residents } from "./residents.ts";

/** Options of {@link MemoryStoreIndex}. */
export interface MemoryStoreIndexOptions {
  /** Budget in bytes for values and their overhead. Default `"256 MB"`. */
  readonly maxBytes?: ByteSize;
  /** Most entries, missing keys included. Default: as many as fit. */
  readonly maxEntries?: number;
  /** Largest value that is kept. Default: an eighth of `maxBytes`. */
  readonly maxEntryBytes?: ByteSize;
  /** What goes first when the budget is full. Default `"gdsf"`. */
  readonly policy?: PolicyOption;
  /** Tells the time in milliseconds; ages are counted on it. Default `Date.now`. */
  readonly clock?: Clock;
}

/** Bytes charged for an entry beside its value: its record, its key and token, and their places in the maps. */
export const MEMORY_ENTRY_OVERHEAD = 256;

const CONDEMN_AT_MOST = 256;
/** Entries that are looked at to tell whether a newcomer finds room. */
const MOST_CANDIDATES = 20_000;
const LOW_WATER = 0.95;

/**
 * A {@link StoreIndex} in this process's memory: the default for one process, and the upper tier over a shared one.
 *
 * Everything but listing and waiting answers at once. No step takes time in proportion to the number of entries, so
 * that millions of them cause no pause: maps and arrays grow in pieces, and invalidations of a path hold at once by a
 * cut while the entries are removed behind it.
 */
export class MemoryStoreIndex implements StoreIndex {
  readonly scope = "process";
  /** Claims die with the process, so they need no renewal. */
  readonly lockAge: number = Number.POSITIVE_INFINITY;
  readonly maxEntryBytes: number;
  readonly #maxBytes: number;
  readonly #maxEntries: number;
  readonly #clock: Clock;
  readonly #epoch = newEpoch();
  readonly #residents: Residents;
  readonly #charges = new Charges();
  readonly #book = new ClaimBook();
  #clean = false;
  #tokens = 0;
  /** Reservations that are neither committed, released nor revoked. */
  #reserved = 0;
  #evictions = 0;
  #removing = false;

  constructor(options: MemoryStoreIndexOptions = {}) {
    assertKnownOptions("MemoryStoreIndex", options, [
      "maxBytes",
      "maxEntries",
      "maxEntryBytes",
      "policy",
      "clock",
    ]);
    const { maxBytes = "256 MB", maxEntries = Number.POSITIVE_INFINITY } = options;
    this.#maxBytes = parseBytes("maxBytes", maxBytes);
    this.#maxEntries = parseCount("maxEntries", maxEntries);
    const { maxEntryBytes = this.#maxBytes / 8 } = options;
    this.maxEntryBytes = parseBytes("maxEntryBytes", maxEntryBytes);
    this.#residents = new Residents(parsePolicy("policy", options.policy));
    const { clock = Date.now } = options;
    assertFunction("clock", clock, "a function that returns milliseconds");
    this.#clock = clock;
  }

  now(): number {
    return this.#clock();
  }

  open(): IndexState {
    return { epoch: this.#epoch, clean: this.#clean };
  }

  markClean(): void {
    this.#clean = true;
  }

  bind(storeId: string, identity: string | undefined): void {
    const space = this.#residents.space(storeId);
    if (identity === undefined) return;
    if (space.identity !== undefined && space.identity !== identity)
      throw new StoreIdConflictError(storeId, space.identity, identity);
    space.identity = identity;
  }

  lookup(part: Part): IndexEntry | undefined {
    const slot = this.#residents.find(part);
    if (slot === undefined) return undefined;
    this.#residents.use(slot, this.#clock());
    return this.#residents.entry(slot, part);
  }

  peek(part: Part): IndexEntry | undefined {
    const slot = this.#residents.find(part);
    return slot === undefined ? undefined : this.#residents.entry(slot, part);
  }

  recordAccess(part: Part, token: string, milliseconds: number): void {
    const { slots } = this.#residents;
    const slot = this.#residents.holder(part, token);
    if (slot === undefined) return;
    const record = slots.record(slot);
    const at = slots.offset(slot);
    record[at + Field.accessTotal] = (record[at + Field.accessTotal] as number) + milliseconds;
    record[at + Field.accesses] = (record[at + Field.accesses] as number) + 1;
  }

  claim(part: Part, fresh: FreshWithin): ClaimAnswer {
    const now = this.#clock();
    const slot = this.#residents.find(part);
    if (slot !== undefined) {
      const entry = this.#residents.entry(slot, part);
      const age = now - entry.fetchedAt;
      if (age >= 0 && age <= (entry.missing ? fresh.missing : fresh.present) && now < entry.expiresAt) {
        this.#residents.use(slot, now);
        return { state: "hit", entry };
      }
    }
    const claim = new MemoryClaim(this.#newToken(), part, now);
    const held = this.#book.claims.get(claim.id);
    if (held !== undefined) return { state: "wait", token: held.token };
    if (this.#book.isBeingWritten(part)) return { state: "pass", writing: true };
    if (this.#book.passes(claim.id, now)) return { state: "pass", writing: false };
    claim.overOld = slot !== undefined || this.#residents.hides;
    this.#book.claims.set(claim.id, claim);
    return { state: "fill", claim };
  }

  settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement> {
    return this.#book.settled(part, token, signal);
  }

  renew(claims: readonly ClaimRef[]): readonly string[] {
    return claims.filter((ref) => !this.#book.resolve(ref)?.live).map(({ token }) => token);
  }

  reserve(ref: ClaimRef, want: Reservation): "reserved" | "full" | "refused" | "lost" {
    const claim = this.#book.resolve(ref);
    if (claim?.live !== true) return "lost";
    if (claim.charge > 0) return "reserved";
    const charge = want.footprint + MEMORY_ENTRY_OVERHEAD;
    if (want.size > this.maxEntryBytes || charge > this.#maxBytes || this.#maxEntries < 1) return "refused";
    if (this.#charges.total + charge > this.#maxBytes) return "full";
    if (this.#residents.size + this.#reserved >= this.#maxEntries) return "full";
    claim.reservation = want;
    claim.charge = charge;
    this.#reserved++;
    this.#charges.add(this.#residents.space(claim.part.storeId), charge);
    return "reserved";
  }

  commit(ref: ClaimRef, facts: EntryFacts): boolean {
    const claim = this.#book.resolve(ref);
    const { part } = ref;
    if (claim === undefined || claim.committed) return this.#residents.holder(part, ref.token) !== undefined;
    const { reservation, charge } = claim;
    if (!claim.live || reservation === undefined || this.#book.isBeingWritten(part)) return false;
    const space = this.#residents.space(part.storeId);
    const range = part.range === undefined ? "" : rangeId(part.range);
    // Only a claim makes an entry, and a part has one at a time: what was not there at the claim is not there now.
    const old = claim.overOld ? space.find(part.key, range) : undefined;
    if (old !== undefined) this.#condemnSlot(old);
    // A whole value answers every range, so older ranges would only hide it.
    if (range === "") for (const slot of space.ranges(part.key)) this.#condemnSlot(slot);
    this.#residents.insert(part, claim.token, facts, charge, reservation.weight, claim.claimedAt);
    claim.committed = true;
    claim.charge = 0;
    this.#reserved--;
    this.#book.end(claim);
    return true;
  }

  release(ref: ClaimRef, outcome: ReleaseOutcome = {}): void {
    const claim = this.#book.resolve(ref);
    if (claim === undefined || claim.committed) return;
    claim.failure = outcome.failure;
    if (claim.live && outcome.passFor !== undefined && outcome.passFor > 0) {
      const now = this.#clock();
      this.#book.markPass(claim.id, now + outcome.passFor, now);
    }
    if (claim.live && claim.charge > 0) this.#reserved--;
    this.#book.end(claim);
    this.#book.revoked.delete(claim);
    if (claim.charge === 0) return;
    this.#charges.condemn(claim.token, claim.charge, this.#residents.space(claim.part.storeId));
    claim.charge = 0;
  }

  makeRoom(want?: Reservation): Room {
    const residents = this.#residents;
    residents.rebase();
    const charge = want === undefined ? 0 : want.footprint + MEMORY_ENTRY_OVERHEAD;
    const highest = want === undefined ? Number.POSITIVE_INFINITY : residents.rankOf(want, charge);
    const limit = want === undefined ? this.#maxBytes * LOW_WATER : this.#maxBytes - charge;
    let bytes = this.#charges.total - this.#charges.condemnedBytes - limit;
    let entries = residents.size + this.#reserved + (want === undefined ? 0 : 1) - this.#maxEntries;
    const victims: Aside[] = [];
    const most = want === undefined ? CONDEMN_AT_MOST : MOST_CANDIDATES;
    while ((bytes > 0 || entries > 0) && victims.length < most) {
      const rank = residents.lowestRank();
      if (rank === undefined || rank > highest) break;
      const victim = residents.setAside();
      victims.push(victim);
      bytes -= residents.slots.number(victim.slot, Field.charge);
      entries--;
    }
    const isEnough = bytes <= 0 && entries <= 0;
    if (want !== undefined && !isEnough) {
      for (const victim of victims) residents.putBack(victim);
      // As if the newcomer had been admitted and evicted at once.
      residents.raiseFloor(highest);
      return { state: "refused", evicted: [] };
    }
    const isMore = victims.length > CONDEMN_AT_MOST || (!isEnough && victims.length > 0);
    for (const victim of victims.splice(CONDEMN_AT_MOST)) residents.putBack(victim);
    const evicted = victims.map(({ slot, rank }) => {
      residents.raiseFloor(rank);
      return this.#evict(slot);
    });
    return { state: isMore ? "more" : "done", evicted };
  }

  condemn(part: Part, token: string): boolean {
    const slot = this.#residents.holder(part, token);
    if (slot === undefined) return false;
    this.#condemnSlot(slot);
    return true;
  }

  condemned(limit: number): readonly StoredName[] {
    return this.#charges.names(limit);
  }

  free(tokens: readonly string[]): void {
    for (const token of tokens) this.#charges.free(token);
  }

  known(names: readonly StoredName[]): readonly boolean[] {
    const { slots } = this.#residents;
    const held = new Set<string>();
    for (const claim of this.#book.claims.values()) held.add(claim.token);
    for (const claim of this.#book.revoked) held.add(claim.token);
    for (let slot = 0; slot < slots.end; slot++)
      if (slots.space(slot) !== undefined) held.add(slots.token(slot));
    return names.map(({ token }) => held.has(token) || this.#charges.has(token));
  }

  invalidate(storeId: string, path: string): void {
    for (const claim of this.#book.claims.values())
      if (claim.part.storeId === storeId && isUnder(claim.part.key, path)) this.#revoke(claim);
    this.#residents.hide(storeId, path);
    this.#removeHidden();
  }

  openWrite(storeId: string, key: string): ClaimRef {
    const part = { storeId, key };
    const intent = new MemoryClaim(this.#newToken(), part, this.#clock());
    const whole = this.#residents.find(part);
    intent.hadCopy = whole !== undefined && this.#residents.slots.number(whole, Field.missing) === 0;
    this.#book.openIntent(intent);
    this.#dropKey(storeId, key);
    return intent;
  }

  closeWrite(ref: ClaimRef, keep: boolean): ClaimRef | undefined {
    if (!(ref instanceof MemoryClaim) || !this.#book.closeIntent(ref)) return undefined;
    this.#dropKey(ref.part.storeId, ref.part.key);
    if (!keep || ref.contended || !ref.hadCopy) return undefined;
    const answer = this.claim(ref.part, { present: -1, missing: -1 });
    return answer.state === "fill" ? answer.claim : undefined;
  }

  deleteStore(storeId: string): void {
    this.invalidate(storeId, "/");
    this.#residents.space(storeId).identity = undefined;
  }

  usage(storeId?: string): IndexUsage {
    let claims = 0;
    for (const { part } of this.#book.claims.values())
      if (storeId === undefined || part.storeId === storeId) claims++;
    const { entries, bytes, condemnedBytes, evictions } =
      storeId === undefined ? this.#totals() : this.#residents.space(storeId);
    const bounds = { maxBytes: this.#maxBytes, maxEntries: this.#maxEntries };
    return { entries, bytes, condemnedBytes, claims, ...bounds, evictions };
  }

  entries(query: EntryQuery): Promise<EntryPage> {
    return listEntries(this.#residents.slots, query, this.#clock(), (slot) =>
      this.#residents.isVisible(slot),
    );
  }

  sweep(): SweepStep {
    const before = this.#charges.condemnedNames;
    const expired = this.#book.expirePasses(this.#clock());
    const more = this.#removeSome();
    return { expired, condemned: this.#charges.condemnedNames - before, more };
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    const { slots, size } = this.#residents;
    let charged = this.#charges.condemnedBytes;
    let entries = 0;
    for (let slot = 0; slot < slots.end; slot++) {
      if (slots.space(slot) === undefined) continue;
      entries++;
      charged += slots.number(slot, Field.charge);
    }
    for (const { charge } of [...this.#book.claims.values(), ...this.#book.revoked]) charged += charge;
    const wrong: string[] = [];
    const { total } = this.#charges;
    if (charged !== total)
      wrong.push(`charged ${total} bytes, entries and reservations add up to ${charged}`);
    if (entries !== size) wrong.push(`${entries} entries, ${size} of them ranked`);
    if (repair) this.#charges.correct(charged);
    return wrong;
  }

  close(): void {}

  #totals(): Pick<IndexUsage, "entries" | "bytes" | "condemnedBytes" | "evictions"> {
    const { total: bytes, condemnedBytes } = this.#charges;
    return { entries: this.#residents.size, bytes, condemnedBytes, evictions: this.#evictions };
  }

  #newToken(): string {
    return this.#epoch + (this.#tokens++).toString(36);
  }

  #condemnSlot(slot: number): StoredName {
    const { token, charge, space } = this.#residents.remove(slot);
    return this.#charges.condemn(token, charge, space);
  }

  /** Condemns an entry that was set aside. */
  #evict(slot: number): StoredName {
    const { token, charge, space } = this.#residents.remove(slot, false);
    space.evictions++;
    this.#evictions++;
    return this.#charges.condemn(token, charge, space);
  }

  #revoke(claim: MemoryClaim): void {
    if (claim.live && claim.charge > 0) this.#reserved--;
    this.#book.revoke(claim);
  }

  #dropKey(storeId: string, key: string): void {
    for (const claim of this.#book.claims.values())
      if (claim.part.storeId === storeId && claim.part.key === key) this.#revoke(claim);
    for (const slot of this.#residents.space(storeId).parts(key)) this.#condemnSlot(slot);
  }

  /** Removes what is hidden: a first slice now, the rest between turns of the event loop. */
  #removeHidden(): void {
    if (!this.#removeSome() || this.#removing) return;
    this.#removing = true;
    const next = (): void => {
      if (this.#removeSome()) setTimeout(next, 0);
      else this.#removing = false;
    };
    setTimeout(next, 0);
  }

  #removeSome(): boolean {
    return this.#residents.removeHidden(({ token, charge, space }) =>
      this.#charges.condemn(token, charge, space),
    );
  }
}

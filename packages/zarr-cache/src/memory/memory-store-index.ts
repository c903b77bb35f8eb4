import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { InvalidOptionError, StoreIdConflictError } from "../errors.ts";
import { isUnder } from "../key.ts";
import { assertKnownOptions, parseCount } from "../options.ts";
import type { Part } from "../part.ts";
import { gdsf, type Policy, type PolicyOption, parsePolicy, REBASE_FLOOR } from "../policy.ts";
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
import { ClaimBook, MemoryClaim } from "./claim-book.ts";
import { CutList } from "./cut-list.ts";
import { listEntries } from "./entry-listing.ts";
import { EntrySlots, Field } from "./entry-slots.ts";
import { RankTree } from "./rank-tree.ts";
import { StoreSpace } from "./store-space.ts";

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
const SCAN_AT_ONCE = 20_000;
const LOW_WATER = 0.95;

interface Condemned extends StoredName {
  readonly charge: number;
  readonly space: StoreSpace;
}

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
  readonly #policy: Policy;
  readonly #clock: Clock;
  readonly #epoch = newEpoch();
  readonly #slots = new EntrySlots();
  readonly #ranking = new RankTree();
  readonly #book = new ClaimBook();
  readonly #cuts = new CutList();
  readonly #spaces = new Map<string, StoreSpace>();
  readonly #condemned = new Map<string, Condemned>();
  #clean = false;
  #charged = 0;
  /** Reservations that are neither committed nor released. */
  #reserved = 0;
  #condemnedBytes = 0;
  #evictions = 0;
  #serial = 0;
  #tick = 0;
  #floor = 0;
  #scanning = false;

  constructor(options: MemoryStoreIndexOptions = {}) {
    assertKnownOptions("MemoryStoreIndex", options, [
      "maxBytes",
      "maxEntries",
      "maxEntryBytes",
      "policy",
      "clock",
    ]);
    this.#maxBytes = parseBytes("maxBytes", options.maxBytes ?? "256 MB");
    this.#maxEntries = parseCount("maxEntries", options.maxEntries ?? Number.POSITIVE_INFINITY);
    this.maxEntryBytes = parseBytes("maxEntryBytes", options.maxEntryBytes ?? this.#maxBytes / 8);
    this.#policy = parsePolicy("policy", options.policy);
    const { clock = Date.now } = options;
    if (typeof clock !== "function")
      throw new InvalidOptionError("clock", clock, "a function that returns milliseconds");
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
    const space = this.#space(storeId);
    if (identity === undefined) return;
    if (space.identity !== undefined && space.identity !== identity)
      throw new StoreIdConflictError(storeId, space.identity, identity);
    space.identity = identity;
  }

  lookup(part: Part): IndexEntry | undefined {
    const slot = this.#find(part);
    if (slot === undefined) return undefined;
    this.#use(slot);
    return this.#entry(slot, part);
  }

  peek(part: Part): IndexEntry | undefined {
    const slot = this.#find(part);
    return slot === undefined ? undefined : this.#entry(slot, part);
  }

  recordAccess(part: Part, token: string, milliseconds: number): void {
    const slot = this.#find(part);
    if (slot === undefined || this.#slots.token(slot) !== token) return;
    const record = this.#slots.record(slot);
    const at = this.#slots.offset(slot);
    record[at + Field.accessTotal] = (record[at + Field.accessTotal] as number) + milliseconds;
    record[at + Field.accesses] = (record[at + Field.accesses] as number) + 1;
  }

  claim(part: Part, fresh: FreshWithin): ClaimAnswer {
    const now = this.#clock();
    const slot = this.#find(part);
    if (slot !== undefined) {
      const entry = this.#entry(slot, part);
      const age = now - entry.fetchedAt;
      if (age >= 0 && age <= (entry.missing ? fresh.missing : fresh.present) && now < entry.expiresAt) {
        this.#use(slot);
        return { state: "hit", entry };
      }
    }
    const claim = new MemoryClaim(this.#newToken(), part, now);
    const held = this.#book.claims.get(claim.id);
    if (held !== undefined) return { state: "wait", token: held.token };
    if (this.#book.isBeingWritten(part) || this.#book.passes(claim.id, now)) return { state: "pass" };
    claim.overOld = slot !== undefined || this.#cuts.size > 0;
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
    if (this.#charged + charge > this.#maxBytes) return "full";
    if (this.#ranking.size + this.#reserved >= this.#maxEntries) return "full";
    claim.reservation = want;
    claim.charge = charge;
    this.#reserved++;
    this.#charge(this.#space(claim.part.storeId), charge);
    return "reserved";
  }

  commit(ref: ClaimRef, facts: EntryFacts): boolean {
    const claim = this.#book.resolve(ref);
    if (claim === undefined) return this.#holds(ref);
    if (!claim.live) return claim.committed && this.#holds(ref);
    const { part, reservation, charge } = claim;
    if (reservation === undefined || this.#book.isBeingWritten(part)) return false;
    const space = this.#space(part.storeId);
    const range = part.range === undefined ? "" : rangeId(part.range);
    // Only a claim makes an entry, and a part has one at a time: what was not there at the claim is not there now.
    const old = claim.overOld ? space.find(part.key, range) : undefined;
    if (old !== undefined) this.#condemnSlot(old, space);
    // A whole value answers every range, so older ranges would only hide it.
    if (range === "") for (const slot of space.ranges(part.key)) this.#condemnSlot(slot, space);
    const slot = this.#slots.take(space, part.key, range, claim.token, facts.validator);
    const record = this.#slots.record(slot);
    const at = this.#slots.offset(slot);
    record[at + Field.size] = facts.size;
    record[at + Field.charge] = charge;
    record[at + Field.fetchedAt] = claim.claimedAt - facts.age;
    record[at + Field.expiresAt] = facts.expiresAt;
    record[at + Field.cost] = facts.cost;
    record[at + Field.weight] = reservation.weight;
    record[at + Field.uses] = 1;
    record[at + Field.lastUsedAt] = claim.claimedAt;
    record[at + Field.accessTotal] = 0;
    record[at + Field.accesses] = 0;
    record[at + Field.checksum] = facts.checksum;
    record[at + Field.missing] = facts.missing ? 1 : 0;
    record[at + Field.serial] = this.#serial++;
    space.insert(part.key, range, slot);
    space.entries++;
    this.#ranking.insert(slot, this.#rank(1, facts.cost, charge, reservation.weight), this.#tick);
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
    if (claim.live && outcome.passFor !== undefined && outcome.passFor > 0)
      this.#book.markPass(claim.id, this.#clock() + outcome.passFor);
    if (claim.live && claim.charge > 0) this.#reserved--;
    this.#book.end(claim);
    this.#book.revoked.delete(claim);
    if (claim.charge === 0) return;
    this.#condemnName(claim.token, claim.charge, this.#space(claim.part.storeId));
    claim.charge = 0;
  }

  makeRoom(want?: Reservation): Room {
    const evicted: StoredName[] = [];
    const charge = want === undefined ? 0 : want.footprint + MEMORY_ENTRY_OVERHEAD;
    const bytes = want === undefined ? this.#maxBytes * LOW_WATER : this.#maxBytes - charge;
    const entries = want === undefined ? this.#maxEntries : this.#maxEntries - 1;
    const own = want === undefined ? Number.POSITIVE_INFINITY : this.#rank(1, want.cost, charge, want.weight);
    while (this.#charged - this.#condemnedBytes > bytes || this.#ranking.size + this.#reserved > entries) {
      if (evicted.length >= CONDEMN_AT_MOST) return { state: "more", evicted };
      const slot = this.#ranking.lowest();
      if (slot < 0) return { state: want === undefined ? "done" : "refused", evicted };
      const rank = this.#ranking.lowestRank();
      if (rank > own) {
        // As if the newcomer had been admitted and evicted at once.
        this.#raiseFloor(own);
        return { state: "refused", evicted };
      }
      this.#raiseFloor(rank);
      const space = this.#slots.space(slot) as StoreSpace;
      space.evictions++;
      this.#evictions++;
      evicted.push(this.#condemnSlot(slot, space));
    }
    if (this.#floor > REBASE_FLOOR && this.#policy === gdsf) {
      this.#ranking.rebase(this.#floor);
      this.#floor = 0;
    }
    return { state: "done", evicted };
  }

  condemn(part: Part, token: string): boolean {
    const space = this.#spaces.get(part.storeId);
    const slot = space?.find(part.key, part.range === undefined ? "" : rangeId(part.range));
    if (space === undefined || slot === undefined || this.#slots.token(slot) !== token) return false;
    this.#condemnSlot(slot, space);
    return true;
  }

  condemned(limit: number): readonly StoredName[] {
    const names: StoredName[] = [];
    for (const name of this.#condemned.values()) {
      if (names.length >= limit) break;
      names.push(name);
    }
    return names;
  }

  free(tokens: readonly string[]): void {
    for (const token of tokens) {
      const name = this.#condemned.get(token);
      if (name === undefined) continue;
      this.#condemned.delete(token);
      this.#condemnedBytes -= name.charge;
      name.space.condemnedBytes -= name.charge;
      this.#charge(name.space, -name.charge);
    }
  }

  known(names: readonly StoredName[]): readonly boolean[] {
    const held = new Set<string>(this.#condemned.keys());
    for (const claim of this.#book.claims.values()) held.add(claim.token);
    for (const claim of this.#book.revoked) held.add(claim.token);
    for (let slot = 0; slot < this.#slots.end; slot++)
      if (this.#slots.space(slot) !== undefined) held.add(this.#slots.token(slot));
    return names.map(({ token }) => held.has(token));
  }

  invalidate(storeId: string, path: string): void {
    const space = this.#spaces.get(storeId);
    for (const claim of this.#book.claims.values())
      if (claim.part.storeId === storeId && isUnder(claim.part.key, path)) this.#revoke(claim);
    if (space === undefined || space.entries === 0) return;
    this.#cuts.add(storeId, path, this.#serial++);
    this.#scanCuts();
  }

  openWrite(storeId: string, key: string): ClaimRef {
    const part = { storeId, key };
    const intent = new MemoryClaim(this.#newToken(), part, this.#clock());
    const whole = this.#find(part);
    intent.hadCopy = whole !== undefined && this.#slots.number(whole, Field.missing) === 0;
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
    const space = this.#spaces.get(storeId);
    if (space !== undefined) space.identity = undefined;
  }

  usage(storeId?: string): IndexUsage {
    const space = storeId === undefined ? undefined : this.#spaces.get(storeId);
    let claims = 0;
    for (const claim of this.#book.claims.values())
      if (storeId === undefined || claim.part.storeId === storeId) claims++;
    const own = storeId === undefined;
    return {
      entries: own ? this.#ranking.size : (space?.entries ?? 0),
      bytes: own ? this.#charged : (space?.bytes ?? 0),
      condemnedBytes: own ? this.#condemnedBytes : (space?.condemnedBytes ?? 0),
      claims,
      maxBytes: this.#maxBytes,
      maxEntries: this.#maxEntries,
      evictions: own ? this.#evictions : (space?.evictions ?? 0),
    };
  }

  entries(query: EntryQuery): Promise<EntryPage> {
    return listEntries(this.#slots, query, this.#clock(), (slot) => this.#isVisible(slot));
  }

  sweep(): SweepStep {
    const before = this.#condemned.size;
    const expired = this.#book.expirePasses(this.#clock());
    const more = this.#cuts.size > 0 && this.#scanStep();
    return { expired, condemned: this.#condemned.size - before, more };
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    let charged = 0;
    let entries = 0;
    for (let slot = 0; slot < this.#slots.end; slot++) {
      if (this.#slots.space(slot) === undefined) continue;
      entries++;
      charged += this.#slots.number(slot, Field.charge);
    }
    for (const { charge } of this.#condemned.values()) charged += charge;
    for (const { charge } of this.#book.claims.values()) charged += charge;
    for (const { charge } of this.#book.revoked) charged += charge;
    const wrong: string[] = [];
    if (charged !== this.#charged)
      wrong.push(`charged ${this.#charged} bytes, entries and reservations add up to ${charged}`);
    if (entries !== this.#ranking.size)
      wrong.push(`${entries} entries, ${this.#ranking.size} of them ranked`);
    if (repair) this.#charged = charged;
    return wrong;
  }

  close(): void {}

  #revoke(claim: MemoryClaim): void {
    if (claim.live && claim.charge > 0) this.#reserved--;
    this.#book.revoke(claim);
  }

  #newToken(): string {
    return this.#epoch + (this.#serial++).toString(36);
  }

  #space(storeId: string): StoreSpace {
    let space = this.#spaces.get(storeId);
    if (space === undefined) {
      space = new StoreSpace(storeId);
      this.#spaces.set(storeId, space);
    }
    return space;
  }

  /** The slot that answers a part: its own, or that of the whole value. */
  #find(part: Part): number | undefined {
    const space = this.#spaces.get(part.storeId);
    if (space === undefined) return undefined;
    if (part.range !== undefined) {
      const own = space.find(part.key, rangeId(part.range));
      if (own !== undefined && this.#isVisible(own)) return own;
    }
    const whole = space.whole(part.key);
    return whole !== undefined && this.#isVisible(whole) ? whole : undefined;
  }

  #isVisible(slot: number): boolean {
    if (this.#cuts.size === 0) return true;
    const storeId = this.#slots.space(slot)?.storeId;
    return (
      storeId !== undefined &&
      !this.#cuts.covers(storeId, this.#slots.key(slot), this.#slots.number(slot, Field.serial))
    );
  }

  #entry(slot: number, part: Part): IndexEntry {
    const record = this.#slots.record(slot);
    const at = this.#slots.offset(slot);
    return {
      token: this.#slots.token(slot),
      whole: part.range !== undefined && this.#slots.range(slot) === "",
      missing: record[at + Field.missing] === 1,
      size: record[at + Field.size] as number,
      checksum: record[at + Field.checksum] as number,
      fetchedAt: record[at + Field.fetchedAt] as number,
      expiresAt: record[at + Field.expiresAt] as number,
      cost: record[at + Field.cost] as number,
      validator: this.#slots.validator(slot),
    };
  }

  #use(slot: number): void {
    const record = this.#slots.record(slot);
    const at = this.#slots.offset(slot);
    const uses = (record[at + Field.uses] as number) + 1;
    record[at + Field.uses] = uses;
    record[at + Field.lastUsedAt] = this.#clock();
    this.#ranking.raise(
      slot,
      this.#rank(
        uses,
        record[at + Field.cost] as number,
        record[at + Field.charge] as number,
        record[at + Field.weight] as number,
      ),
      this.#tick,
    );
  }

  #rank(uses: number, cost: number, charge: number, weight: number): number {
    return this.#policy({ uses, cost, charge, weight, floor: this.#floor, tick: ++this.#tick });
  }

  #raiseFloor(rank: number): void {
    if (rank > this.#floor && rank !== Number.POSITIVE_INFINITY) this.#floor = rank;
  }

  #charge(space: StoreSpace, bytes: number): void {
    this.#charged += bytes;
    space.bytes += bytes;
  }

  /** Whether the entry of a part is the one that this claim made. */
  #holds(ref: ClaimRef): boolean {
    const slot = this.#spaces
      .get(ref.part.storeId)
      ?.find(ref.part.key, ref.part.range === undefined ? "" : rangeId(ref.part.range));
    return slot !== undefined && this.#slots.token(slot) === ref.token;
  }

  #condemnSlot(slot: number, space: StoreSpace): StoredName {
    this.#ranking.remove(slot);
    space.remove(this.#slots.key(slot), this.#slots.range(slot));
    space.entries--;
    this.#slots.release(slot);
    return this.#condemnName(this.#slots.token(slot), this.#slots.number(slot, Field.charge), space);
  }

  #condemnName(token: string, charge: number, space: StoreSpace): StoredName {
    const name = { storeId: space.storeId, token, charge, space };
    this.#condemned.set(token, name);
    this.#condemnedBytes += charge;
    space.condemnedBytes += charge;
    return name;
  }

  #dropKey(storeId: string, key: string): void {
    for (const claim of this.#book.claims.values())
      if (claim.part.storeId === storeId && claim.part.key === key) this.#revoke(claim);
    const space = this.#spaces.get(storeId);
    if (space !== undefined) for (const slot of space.parts(key)) this.#condemnSlot(slot, space);
  }

  /** Removes what the cuts cover: a first slice now, the rest between turns of the event loop. */
  #scanCuts(): void {
    if (!this.#scanStep() || this.#scanning) return;
    this.#scanning = true;
    const next = (): void => {
      if (this.#scanStep()) setTimeout(next, 0);
      else this.#scanning = false;
    };
    setTimeout(next, 0);
  }

  #scanStep(): boolean {
    return this.#cuts.scan(SCAN_AT_ONCE, this.#slots.end, (slot) => {
      const space = this.#slots.space(slot);
      if (space !== undefined && !this.#isVisible(slot)) this.#condemnSlot(slot, space);
    });
  }
}

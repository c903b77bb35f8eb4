import type { Grace } from "./grace.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { Part } from "./part.ts";
import type { StoredName } from "./store-opener.ts";

/**
 * Knows which parts are cached, with their statistics, and decides what goes first under a byte budget.
 *
 * A part is filled in steps that each take effect whole or not at all: `claim` (one live claim per part) → `reserve`
 * (charges the budget) → the bytes are written under the claim's token → `commit` (the entry becomes visible, if the
 * claim still holds). Repeating a step with the same token answers the same. `invalidate` and `openWrite` take away
 * entries *and* live claims in one step, so a fill that began before can never commit after.
 *
 * Eviction never deletes: entries are *condemned* (invisible, still charged), the caller deletes the bytes of the
 * condemned names, then `free`s them. `charged ≤ maxBytes` holds at every moment.
 *
 * An index in memory answers at once; others answer with promises that settle within their deadline or reject.
 * A rejection means that the outcome is unknown; nothing may be deleted because of one.
 */
export interface StoreIndex {
  /** Who shares what this index knows. Only a `"process"` index dies with its process. */
  readonly scope: "process" | "machine" | "cluster";
  /** Largest value that is admitted, in bytes. */
  readonly maxEntryBytes: number;
  /** Milliseconds after which a claim that was not renewed is transferred; `Infinity` where claims die with the process. */
  readonly lockAge: number;

  /** Milliseconds on the clock that ages are counted on. */
  now(): number;

  /** Connects, creates or repairs. Throws when the index can never be used (a newer format, no permission). Idempotent. */
  open(): MaybePromise<IndexState>;

  /** Records that no name of another epoch holds bytes any more. */
  markClean(): MaybePromise<void>;

  /**
   * Lets an index that is not clean admit while what an earlier life left is being deleted: whatever is free of the budget
   * is charged for it as one sum, as condemned bytes, and is given back as it is `repaid`; `markClean` gives back the rest.
   *
   * One at a time deletes. Whoever comes first with `repaid` 0, under a random name, has the turn until it was not heard
   * of for `lockAge`, and then tells all bytes that it has deleted since. `held`: it has the turn. `busy`: it has not,
   * and what it tells is not counted. `clean`: there is nothing left. Where it is missing, nothing may be admitted before
   * `markClean`.
   */
  repay?(purger: string, repaid: number): MaybePromise<"held" | "busy" | "clean">;

  /** Binds a store id to its source on first use; throws `StoreIdConflictError` for another source. */
  bind(storeId: string, identity: string | undefined): MaybePromise<void>;

  /**
   * Finds the entry that answers a part and counts a use. A range is answered by its own entry or by the whole
   * value's (`whole: true`), a missing whole answers every range.
   */
  lookup(part: Part): MaybePromise<IndexEntry | undefined>;

  /** As {@link lookup}, without counting. */
  peek(part: Part): MaybePromise<IndexEntry | undefined>;

  /** Adds the time that reading an entry's bytes took to its statistics; `part` is the entry's own. May be batched, may be lost. */
  recordAccess(part: Part, token: string, milliseconds: number): void;

  /**
   * Takes the right to fill a part: for one caller until `commit`, `release`, revocation, or until the claim was not
   * renewed for `lockAge`. A fresh entry is a hit.
   */
  claim(part: Part, fresh: FreshWithin): MaybePromise<ClaimAnswer>;

  /** Resolves when the claim with this token no longer lives, or lets pass; tells the failure that ended it. Rejects when aborted. */
  settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement>;

  /** Keeps claims and write intents alive; returns the tokens that no longer hold. Call every third of `lockAge`. */
  renew(tokens: readonly ClaimRef[]): MaybePromise<readonly string[]>;

  /**
   * Charges the budget for a claim. `full`: condemn something first, see {@link makeRoom}. `refused`: the policy would
   * evict the newcomer first, or it is too large for an entry. `lost`: the claim no longer holds.
   */
  reserve(claim: ClaimRef, want: Reservation): MaybePromise<"reserved" | "full" | "refused" | "lost">;

  /**
   * Makes the entry visible if the claim still holds and is reserved; replaces an older entry of the part, and a whole
   * value those of all ranges of its key.
   */
  commit(claim: ClaimRef, facts: EntryFacts): MaybePromise<boolean>;

  /**
   * The entry that answered the claim's part, its own or the whole value's, turned out to hold still: if it has this
   * token and the claim holds, its age counts from the claim on. The claim lives on and is to be released.
   */
  confirm(
    claim: ClaimRef,
    entry: Pick<IndexEntry, "token" | "whole">,
    facts: ConfirmedFacts,
  ): MaybePromise<boolean>;

  /**
   * Lets nobody wait for a claim any longer, although it lives: its holder has its value, and is slow to keep it. Those who
   * wait go on as if it had ended, and whoever comes gets `pass`.
   */
  letPass?(claim: ClaimRef): MaybePromise<void>;

  /** Gives a claim up. A reservation becomes condemned. */
  release(claim: ClaimRef, outcome?: ReleaseOutcome): MaybePromise<void>;

  /**
   * Draws more of a budget that is divided among processes, for a reservation that found the index full; `undefined`
   * when there is no more to be had at the moment. Comes before {@link makeRoom}.
   */
  grow?(want: Reservation): Promise<void> | undefined;

  /**
   * Condemns the lowest entries, of equal ranks the longest unused first, until `want` fits, or down to the low-water
   * mark without it; a bounded number per call. What is condemned stays charged until it is freed, and counts as room
   * that is coming: asking again for the same condemns nothing more. `part` is what the room is for: an index that gives
   * each of its shards or stores a share of the budget makes it there.
   */
  makeRoom(want?: Reservation, part?: Part): MaybePromise<Room>;

  /** Condemns an entry if it still holds this token. */
  condemn(part: Part, token: string): MaybePromise<boolean>;

  /**
   * Gives the entry of exactly this part another weight, and ranks it as if it had been used now. `Infinity` pins it:
   * pinned entries are not evicted while all of them together take no more than `maxPinnedBytes`. What replaces a pinned
   * entry is pinned as well, where that allows; invalidations and writes end pins with their entries. `refused`: it would
   * be too much, and nothing is changed. `absent`: there is no such entry.
   */
  weigh(part: Part, weight: number): MaybePromise<"weighed" | "refused" | "absent">;

  /** Some of the names whose bytes are to be deleted, oldest first (within each share of a budget that is split). */
  condemned(limit: number): MaybePromise<readonly StoredName[]>;

  /** Stops charging condemned names, whose bytes are gone. */
  free(tokens: readonly string[]): MaybePromise<void>;

  /** Which of these names the index charges for (entries, reservations, condemned). */
  known(names: readonly StoredName[]): MaybePromise<readonly boolean[]>;

  /** Removes entries and claims of a path (see `isUnder`) in one step, however many; bytes are condemned in the background. */
  invalidate(storeId: string, path: string): MaybePromise<void>;

  /** Opens a write intent on a key: removes its entries and claims; nothing commits on it until {@link closeWrite}. */
  openWrite(storeId: string, key: string): MaybePromise<ClaimRef>;

  /**
   * Closes a write intent: removes what came since. With `keep`, and if no other intent overlapped and an entry of the
   * whole value existed at its opening, answers a claim for the written bytes.
   */
  closeWrite(intent: ClaimRef, keep: boolean): MaybePromise<ClaimRef | undefined>;

  /** Forgets a store: everything below `/` and the binding of its id. */
  deleteStore(storeId: string): MaybePromise<void>;

  /**
   * What others invalidated since a cursor of an earlier call, for tiers above that keep copies. `lost`: too much to
   * tell; drop everything. Only indexes that others share have it; it must be cheap enough for every hit.
   */
  changes?(since: number | undefined): MaybePromise<Changes>;

  /**
   * Looks after copies in a tier above that outlives its processes, which must not answer what was dropped while nobody
   * listened. An index without it has no such tiers above.
   */
  copiesAbove?(context: CopiesContext, below: FollowedChanges): CopiesAbove;

  /** Only of an index that outlives its processes: how far its tier has heard of what was dropped below it. */
  readonly heard?: HeardPosition;

  /** Calls back with what an operator should know, such as that a corrupt index was replaced. */
  onWarning?(listener: (message: string) => void): void;

  /**
   * Calls back when the index was found to be lost and has begun a new life, which is not clean: names of the epoch before
   * are nobody's. Where only a part was lost the epoch stays the same.
   */
  onReopened?(listener: (state: IndexState) => void): void;

  /** Calls back when less may be charged than is, since others or the index itself take more: drive {@link makeRoom}. */
  onShrink?(listener: () => void): void;

  /** Counts and sizes, of one store or of all. */
  usage(storeId?: string): MaybePromise<IndexUsage>;

  /** A page of entries, sorted. Never blocks the event loop for long; what changes meanwhile may or may not be seen. */
  entries(query: EntryQuery): Promise<EntryPage>;

  /**
   * One bounded step of tidying: expires claims, intents and reservations of the dead, finishes invalidations.
   * `more`: call again.
   */
  sweep(): MaybePromise<SweepStep>;

  /** Checks charges and counts against the entries; with `repair`, sets them right. Returns what was wrong, one line each. */
  verify(options: { readonly repair: boolean }): Promise<readonly string[]>;

  /**
   * Flushes batched statistics and disconnects. Never waits longer than the deadline. From then on all but `now`,
   * `recordAccess` and `close` itself throw a `ClosedError`.
   */
  close(): MaybePromise<void>;
}

/** One life of an index. */
export interface IndexState {
  /** Random name of this life; the beginning of every token. Bytes of other epochs are nobody's. */
  readonly epoch: string;
  /** Whether bytes of other epochs are known to be gone. Until then nothing may be admitted, but see {@link StoreIndex.repay}. */
  readonly clean: boolean;
}

/** How old an answer may be, in milliseconds, by whether the key has a value. */
export interface FreshWithin {
  readonly present: number;
  readonly missing: number;
}

/** What an index says of a part that is cached. */
export interface IndexEntry {
  /** Names the bytes. */
  readonly token: string;
  /** True when the entry is the whole value although a range was asked for. */
  readonly whole: boolean;
  /** True when the fact that is cached is that the key has no value. */
  readonly missing: boolean;
  /** Bytes of the value. */
  readonly size: number;
  /** Checksum of the seal that was stored with the bytes; 0 where the medium needs none. */
  readonly checksum: number;
  /** When the request for the bytes was sent, on the index's clock. */
  readonly fetchedAt: number;
  /** When the entry ends whatever its age, on the index's clock; `Infinity` = never. */
  readonly expiresAt: number;
  /** Milliseconds that the source took. */
  readonly cost: number;
  /** ETag or Last-Modified of the source's object. */
  readonly validator: string | undefined;
  /** Where the bytes are, as the opener named it; `undefined` where it has one place only. At most 32 characters. */
  readonly location?: string | undefined;
  /** How long past its age it may be given, where the source says; see {@link Grace}. */
  readonly grace?: Grace | undefined;
}

/** What a filler tells of the bytes that it commits. */
export interface EntryFacts {
  readonly missing: boolean;
  readonly size: number;
  readonly checksum: number;
  /** How old the bytes already were when they were claimed, in milliseconds; they come from another tier. */
  readonly age: number;
  readonly expiresAt: number;
  readonly cost: number;
  readonly validator: string | undefined;
  /** Where the bytes are, as the opener named it; `undefined` where it has one place only. At most 32 characters. */
  readonly location?: string | undefined;
  /** How long past its age it may be given, where the source says; see {@link Grace}. */
  readonly grace?: Grace | undefined;
}

/** What is new of an entry that holds still: as {@link EntryFacts} would tell it. */
export type ConfirmedFacts = Pick<EntryFacts, "age" | "expiresAt" | "grace">;

/** What a claim asks of the budget. */
export interface Reservation {
  /** Bytes of the medium, as the opener rounds them; 0 for a missing key. The index adds its own overhead. */
  readonly footprint: number;
  /** Bytes of the value, which `maxEntryBytes` bounds. */
  readonly size: number;
  /** Milliseconds that getting it again would take. */
  readonly cost: number;
  /**
   * Multiplies the worth of the entry in the policy: above 1 for what goes last, such as metadata; below 1 for what goes
   * first until it was used once, and then is as 1; `Infinity` pins it, see {@link StoreIndex.weigh}.
   */
  readonly weight: number;
}

/** What {@link StoreIndex.makeRoom} did. */
export interface Room {
  /** `done`: once the evicted are freed there is room. `more`: call again. `refused`: what is left outranks the newcomer. */
  readonly state: "done" | "more" | "refused";
  /** The names that this call condemned. */
  readonly evicted: readonly StoredName[];
}

/** A live claim or write intent: who holds the right, on what. */
export interface ClaimRef {
  /** 16 characters of epoch, then 96 random bits, or numbers that never come twice; digits and small letters, safe as a file name. */
  readonly token: string;
  readonly part: Part;
  /** When it was taken, on the index's clock. */
  readonly claimedAt: number;
}

/** What {@link StoreIndex.claim} answers. */
export type ClaimAnswer =
  | { readonly state: "hit"; readonly entry: IndexEntry }
  | { readonly state: "fill"; readonly claim: ClaimRef }
  | { readonly state: "wait"; readonly token: string }
  /** `writing`: somebody writes the key. Otherwise the part was not kept a short while ago. */
  | { readonly state: "pass"; readonly writing: boolean };

/** How a claim ended, as its waiters learn it. */
export interface Settlement {
  readonly failure: Failure | undefined;
}

/** An error as another process can tell it. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Why a claim is given up, for those who wait or come next. */
export interface ReleaseOutcome {
  /** For how many milliseconds nobody shall queue for this part, since it is not kept. */
  readonly passFor?: number;
  /** What the source failed with; told to those who waited. */
  readonly failure?: Failure;
}

/** Invalidations that a copy above must follow. */
export interface Changes {
  /** Give this to the next call. */
  readonly cursor: number;
  readonly lost: boolean;
  readonly paths: readonly { readonly storeId: string; readonly path: string }[];
}

/** What {@link CopiesAbove} are looked after with. */
export interface CopiesContext {
  /** Of every tier above, best first; of those that end with their process nothing. */
  readonly heard: readonly (HeardPosition | undefined)[];
  /** Drops a path in all tiers above; never rejects. */
  drop(storeId: string, path: string): Promise<unknown>;
}

/** Where a process stands that follows what is dropped in an index. */
export interface FollowedChanges {
  /** How often it could not be told what was dropped. */
  readonly losses: number;
  /** Follows from now on, or goes on; false when the index does not tell. */
  catchUp(): MaybePromise<boolean>;
}

/** Copies of an index's values in tiers above it that outlive their processes: a directory above Redis. */
export interface CopiesAbove {
  /** Whether those tiers have been told of all drops, so that they may answer. */
  readonly areToldAll: boolean;
  /** Tells them what they have missed; the place of the first tier below those that could not be told. */
  resume(): Promise<number>;
  /** As {@link resume}, and waits until they have dropped it. */
  open(): Promise<void>;
  /** Keeps, now and then, the position up to which all tiers have dropped everything; to be called only when they have, right behind a {@link FollowedChanges.catchUp}. */
  keepSometimes(): void;
}

/** A position in what is dropped below a tier, kept together with the tier's entries and lost with them. */
export interface HeardPosition {
  read(): MaybePromise<string | undefined>;
  keep(position: string): MaybePromise<void>;
  /** The stores of which anything may be cached. */
  storeIds(): MaybePromise<readonly string[]>;
}

/** What an index holds. */
export interface IndexUsage {
  /** Visible entries, negative ones included. */
  readonly entries: number;
  /** Bytes charged: entries with their overhead, reservations, condemned names, what an earlier life left. */
  readonly bytes: number;
  /** Of these, bytes that are condemned and not yet deleted. */
  readonly condemnedBytes: number;
  /** Live claims. */
  readonly claims: number;
  /** The budget, of the whole index whichever store was asked for. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** Bytes charged for pinned entries of the whole index, and how many that may be. */
  readonly pinnedBytes: number;
  readonly maxPinnedBytes: number;
  /** Entries that were evicted by the policy since the index was opened by this process. */
  readonly evictions: number;
}

/** What entries can be sorted by. `age`: oldest first is descending. */
export type EntryOrder = "key" | "size" | "age" | "hits" | "cost";

/** Asks for a page of entries. */
export interface EntryQuery {
  /** Only entries of this store. */
  readonly storeId?: string;
  /** Only entries under this path, see `isUnder`; needs `storeId`. */
  readonly prefix?: string;
  /** Default `"key"`, ascending; the others descend. */
  readonly orderBy?: EntryOrder;
  /** Default 100. */
  readonly limit?: number;
  /** Where the page before ended. */
  readonly cursor?: string;
}

/** A page of entries and where the next one begins. */
export interface EntryPage {
  readonly entries: readonly EntryInfo[];
  readonly cursor: string | undefined;
}

/** An entry with its statistics. */
export interface EntryInfo extends Part {
  readonly token: string;
  readonly missing: boolean;
  /** Bytes of the value. */
  readonly size: number;
  /** Bytes charged to the budget. */
  readonly charge: number;
  /** Milliseconds since the request for the bytes was sent. */
  readonly age: number;
  /** Milliseconds that the source took. */
  readonly cost: number;
  /** Uses since it was cached. */
  readonly hits: number;
  /** When it was last used, on the index's clock. */
  readonly lastUsedAt: number;
  /** Mean milliseconds that reading it from this tier took; 0 where unknown. */
  readonly accessDuration: number;
  /** Whether it is kept from eviction. */
  readonly pinned: boolean;
  readonly expiresAt: number;
  readonly validator: string | undefined;
  readonly checksum: number;
  /** Where the bytes are, as the opener named it; `undefined` where it has one place only. At most 32 characters. */
  readonly location?: string | undefined;
}

/** What one step of tidying did. */
export interface SweepStep {
  /** Claims, intents and reservations whose holders are gone. */
  readonly expired: number;
  /** Entries that invalidations condemned. */
  readonly condemned: number;
  readonly more: boolean;
}

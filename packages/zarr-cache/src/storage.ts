import type { Grace } from "./grace.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { Part } from "./part.ts";
import type {
  ConfirmedFacts,
  CopiesAbove,
  CopiesContext,
  EntryPage,
  EntryQuery,
  FreshWithin,
  HeardPosition,
  IndexUsage,
} from "./store-index.ts";
import type { TierStatistics } from "./tier-statistics.ts";

/**
 * Where a `CachedStore` keeps what it has read: one tier, several, or several regions.
 *
 * Reads never throw for reasons of the cache: what is broken, slow or corrupt is a miss, counted as a fault.
 * Writes and invalidations do throw (`CacheUnavailableError`), before anything else was touched, when an index that
 * must hear of them cannot be reached.
 */
export interface CacheStorage {
  /** Whether readers wait until what they read is kept: `"await"` is for processes that are frozen once they have answered. */
  readonly fills: "background" | "await";

  /**
   * Opens every tier; throws where one can never be used (no permission, a newer format). One that does not answer in
   * time is told of as a `warning` and opened later, by itself. Reads need not wait for it.
   */
  open(): Promise<void>;

  /** Prepares a store id and binds it to its source; throws `StoreIdConflictError` for another source. */
  bind(storeId: string, identity: string | undefined): Promise<void>;

  /** Milliseconds on the clock that ages are counted on. */
  now(): number;

  /** What is cached of a part, whatever its age. At once where a tier in memory has it. */
  get(part: Part): MaybePromise<CacheHit | undefined>;

  /** Takes the right to fill a part, or tells why not. Taken *before* the read that supplies the bytes. */
  claim(part: Part, options?: ClaimOptions): Promise<CacheClaim>;

  /** Claims and commits bytes in one go; false when they were not kept. */
  put(part: Part, value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean>;

  /** Whether a part is cached, whatever its age; counts no use. */
  has(part: Part): Promise<boolean>;

  /** What is cached of a part in the lowest tier, whatever its age; counts no use. */
  peek(part: Part): Promise<CachedFacts | undefined>;

  /**
   * Keeps a part from being evicted from the lowest tier, across restarts, until it is unpinned, invalidated or written.
   * Rejects with `CacheUnavailableError` when the index cannot be reached.
   */
  pin(part: Part): Promise<PinOutcome>;

  /** Lets go of a part that was pinned; false where it is not cached. Rejects as {@link pin} does. */
  unpin(part: Part): Promise<boolean>;

  /** Drops all parts of one key. */
  delete(storeId: string, key: string): Promise<void>;

  /** Drops a path (see `isUnder`); fills under way for it will not become visible. */
  invalidate(storeId: string, path: string): Promise<void>;

  /** Begins a write of a key: its copies are dropped and nothing becomes visible until the write is closed. */
  openWrite(storeId: string, key: string): Promise<WriteIntent>;

  /** Drops a store and the binding of its id. */
  deleteStore(storeId: string): Promise<void>;

  /** Ends the fills of one store that run in this process. Entries stay. */
  closeStore(storeId: string): Promise<void>;

  /**
   * Resolves when no fill, deletion or eviction of this process is under way, of one store or of all. A medium that does
   * not answer cannot hold it up for ever: a write or deletion that takes more than twenty deadlines of the tier (10 s)
   * is given up, as a fault, and whatever else takes more than forty is not waited for.
   */
  idle(storeId?: string): Promise<void>;

  /** Counts and sizes, of one store or of all. */
  usage(storeId?: string): Promise<StorageUsage>;

  /** What each tier did in this process, of one store or of all, best tier first. */
  tierStatistics(storeId?: string): readonly TierStatistics[];

  /** The tiers above the lowest, best first; `entries`, `peek` and pins are of the lowest alone. Absent where there is one. */
  readonly above?: readonly CacheStorage[];

  /** A page of entries of the lowest tier, sorted. */
  entries(query?: EntryQuery): Promise<EntryPage>;

  /** Compares index and bytes; with `repair`, sets right what is wrong. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;

  /** Deletes bytes that nothing charges for, frees what the dead held, finishes invalidations. */
  sweep(): Promise<SweepReport>;

  /**
   * Learns what other processes invalidated since the last call and tells the listeners of `invalidate`.
   * False when it cannot be known at present, so that copies held above may be out of date.
   */
  catchUp(): MaybePromise<boolean>;

  /** How far this tier had heard of drops below it; only tiers that outlive their processes have it. */
  readonly heard?: HeardPosition | undefined;

  /** Looks after copies of this tier in those above that have {@link heard}; `undefined` where nobody can tell what those missed. */
  copiesAbove?(context: CopiesContext): CopiesAbove | undefined;

  /**
   * Calls back for what happens inside the storage; returns the way to stop it. Throws `InvalidOptionError` for an event
   * that is not among {@link StorageEvents}, or a listener that is not a function. A listener that throws, or rejects,
   * disturbs neither the storage nor other listeners: its first error is a `fault`, or is shown on the console where
   * nobody listens to those.
   */
  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void;

  /** Ends fills, waits for deletions as long as {@link idle} does, disconnects. The bytes stay. */
  close(): Promise<void>;
}

/** What a tier answers for a part. */
export interface CacheHit {
  /** The bytes asked for; `undefined` when the key is known to be missing. */
  readonly value: Uint8Array | undefined;
  /** True when nobody else holds `value`, so that it can be handed out as it is. */
  readonly owned: boolean;
  /** Milliseconds since the request for the bytes was sent; negative when the clock went back. */
  readonly age: number;
  /** On the storage's clock; `Infinity` = never. */
  readonly expiresAt: number;
  /** Milliseconds that the source took. */
  readonly cost: number;
  readonly validator: string | undefined;
  /** How long past its age it may be given, where the source says; see {@link Grace}. */
  readonly grace?: Grace | undefined;
  /** Whether the bytes are of an entry of the whole value, of which a range was asked for. */
  readonly whole: boolean;
  /** Bytes of the whole value, where that is known. */
  readonly size?: number | undefined;
  /** The tier that answered, such as `"memory"`. */
  readonly tier: string;
}

export interface ClaimOptions {
  /** How old an entry may be to count as a hit; default: any age. */
  readonly fresh?: FreshWithin;
  /** Ends a wait. */
  readonly signal?: AbortSignal;
}

/** What `claim` answers. */
export type CacheClaim =
  /** It is there, fresh enough. */
  | { readonly state: "hit"; readonly hit: CacheHit }
  /** The caller has the right, and the duty to end it with `commit`, `fail` or `pass`. */
  | Fill
  /** Somebody else fills it: wait, then look again. */
  | { readonly state: "wait"; settled(): Promise<WaitOutcome> }
  /** It is not going to be kept; read the source and do not queue. */
  | { readonly state: "pass"; readonly reason: PassReason };

/** How a wait ended: look again, the source failed for the filler, or it took longer than `lockTimeout`. */
export type WaitOutcome =
  | { readonly state: "look" }
  | { readonly state: "failed"; readonly failure: { readonly name: string; readonly message: string } }
  | { readonly state: "timeout" };

/** The right to fill one part. Exactly one of its methods is called, once. */
export interface Fill {
  readonly state: "fill";
  /** Aborted when the fill can no longer become visible: revoked, or its storage was closed. */
  readonly signal: AbortSignal;
  /**
   * Keeps the bytes (`undefined`: the key is missing). The storage owns `value` from now on: nobody writes to it.
   * Resolves to false when they are not kept. Never rejects.
   */
  commit(value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean>;
  /**
   * What is cached under this validator turned out to hold still: its age counts from the claim on, and no bytes move.
   * Resolves to false when no such copy is there any more. Never rejects.
   */
  confirm(validator: string, facts: ConfirmedFacts): Promise<boolean>;
  /** The source failed. Those who wait learn it. */
  fail(error: unknown): Promise<void>;
  /** The bytes are not to be kept. For a short while nobody queues for them. */
  pass(reason: PassReason): Promise<void>;
  /** Gives the right up without a word; those who wait try for themselves. */
  abandon(): Promise<void>;
}

/** Why a part is read past the cache. */
export type PassReason =
  /** Larger than an entry may be. */
  | "oversized"
  /** No room, or what is there is worth more. */
  | "full"
  /** `shouldCache` said no, or the source. */
  | "unwanted"
  /** Not read often enough yet, or too cheap to get again: see `admitOn` and `minCost` of the tier. */
  | "unproven"
  /** The source's answer was not what was asked for. */
  | "inexact"
  /** Refused a short while ago. */
  | "marked"
  /** Somebody writes the key. */
  | "writing"
  /** Invalidated or written while it was fetched. */
  | "revoked"
  /** The tier is sick. */
  | "fault"
  | "closed";

/** What is known of bytes that are committed. */
export interface FillFacts {
  /** Milliseconds that getting them again would take; decides, with the size, what is evicted first. Default 1. */
  readonly cost: number;
  /** Milliseconds that they were old when claimed. Default 0. */
  readonly age: number;
  /** On the storage's clock. Default `Infinity`. */
  readonly expiresAt: number;
  readonly validator: string | undefined;
  /** How long past its age it may be given, where the source says; see {@link Grace}. */
  readonly grace: Grace | undefined;
  /** Whether it is for one user, so that a tier which a cluster shares does not keep it. Default false. */
  readonly private: boolean;
  /** Default `"demand"`. */
  readonly purpose: FillPurpose;
}

/**
 * Why bytes were fetched: somebody reads them; nobody does yet, so that they go first until somebody does; or they are to
 * stay. What nobody reads yet is only kept in the lowest tier, from where it comes up when it is read.
 */
export type FillPurpose = "demand" | "prefetch" | "pin";

/** What is cached of a part, without its bytes. */
export interface CachedFacts extends Omit<CacheHit, "value" | "owned"> {
  /** Whether what is cached is that the key has no value. */
  readonly missing: boolean;
  /** Bytes of the value, or of the whole value. */
  readonly size: number;
  /** What names the bytes, on media that others may read as well; `undefined` where bytes are not sealed. */
  readonly stored?: StoredBytes | undefined;
}

/** Names the bytes of an entry, for whoever may read the medium: as `S3StoreOpener.read` takes it. */
export interface StoredBytes {
  /** As the opener calls itself: `"s3"`. */
  readonly medium: string;
  readonly token: string;
  /** Bytes of the value. */
  readonly size: number;
  /** Checksum of the seal that was stored with them. */
  readonly checksum: number;
  /** Which of several places of the opener. */
  readonly location?: string | undefined;
}

/** What became of a pin: `full`: there is no room for it below `maxPinnedBytes`; `absent`: the part is not cached. */
export type PinOutcome = "pinned" | "full" | "absent";

/** A write under way. */
export interface WriteIntent {
  /**
   * Ends the write. Given the written bytes, they are kept where a copy existed and no other write overlapped.
   * The storage owns `value` from now on.
   */
  close(value?: Uint8Array): Promise<void>;
}

/** Counts and sizes of a storage: of the lowest tier, and of each tier by itself. */
export interface StorageUsage extends IndexUsage {
  readonly tiers: readonly (IndexUsage & { readonly tier: string; readonly sick: boolean })[];
}

export interface VerifyOptions {
  /** Default false: only report. */
  readonly repair?: boolean;
  /** Called as entries are checked. */
  readonly onProgress?: (progress: { readonly checked: number }) => void;
  readonly signal?: AbortSignal;
}

/** What `verify` found. Everything zero and empty: index and bytes agree. */
export interface VerifyReport {
  /** Entries whose bytes were read and compared with their checksums. */
  readonly checked: number;
  /** Entries without bytes. */
  readonly lost: number;
  /** Entries whose bytes are not what was written. */
  readonly corrupt: number;
  /** Names with bytes that nothing charges for. */
  readonly orphans: number;
  /** Counts and charges that did not add up, one line each. */
  readonly accounting: readonly string[];
  readonly repaired: boolean;
}

/** What `sweep` did. */
export interface SweepReport {
  /** Claims, intents and reservations of the dead. */
  readonly expired: number;
  /** Names whose bytes were deleted. */
  readonly deleted: number;
  /** Of these, names that nothing charged for. */
  readonly orphans: number;
}

/** Copies of a path that were dropped. */
export interface Invalidation {
  readonly storeId: string;
  /** See `isUnder`. */
  readonly path: string;
  /** True when another process did it, and this one has just heard. */
  readonly elsewhere: boolean;
}

/** What happens inside a storage, for listeners. */
export interface StorageEvents {
  /** Something of the cache failed; the read went on without it. */
  readonly fault: { readonly tier: string; readonly operation: string; readonly error: unknown };
  /** Bytes were not what was written; they are gone, and fetched again by the next read. */
  readonly corrupt: { readonly tier: string; readonly part: Part };
  /** Entries were evicted to make room. */
  readonly evict: { readonly tier: string; readonly entries: number };
  /** A part was not kept. */
  readonly refuse: { readonly tier: string; readonly part: Part; readonly reason: PassReason };
  /** A tier is skipped for a while, or is used again. */
  readonly breaker: { readonly tier: string; readonly state: "open" | "probing" | "closed" };
  /** Copies of a path were dropped. */
  readonly invalidate: Invalidation;
  /** Something that an operator should know, once. */
  readonly warning: { readonly tier: string; readonly message: string };
}

/** The names of {@link StorageEvents}. */
export const STORAGE_EVENTS: Readonly<Record<keyof StorageEvents, true>> = {
  fault: true,
  corrupt: true,
  evict: true,
  refuse: true,
  breaker: true,
  invalidate: true,
  warning: true,
};

import type { CacheClaim, CacheHit, ClaimOptions, FillFacts, PassReason } from "./claim.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { Part } from "./part.ts";
import type {
  CopiesAbove,
  CopiesContext,
  EntryPage,
  EntryQuery,
  HeardPosition,
  IndexUsage,
} from "./store-index.ts";
import type { TierStatistics } from "./tier-statistics.ts";

export type {
  CacheClaim,
  CacheHit,
  ClaimOptions,
  Fill,
  FillFacts,
  FillPurpose,
  PassReason,
  WaitOutcome,
} from "./claim.ts";

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

  /**
   * What others hold of a part, whatever that costs: asked where the source has failed. Resolves to `undefined` where nobody
   * has it, and never rejects. Absent where a storage has nobody else to ask.
   */
  elsewhere?(part: Part, options?: Pick<ClaimOptions, "signal">): Promise<CacheHit | undefined>;

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

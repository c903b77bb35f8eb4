export { type ByteSize, parseBytes } from "./byte-size.ts";
export { CachedStore } from "./cached-store.ts";
export type { Clock, TimerOptions, Timers } from "./clock.ts";
export { type Duration, parseDuration } from "./duration.ts";
export {
  CacheDirectoryError,
  CacheFormatError,
  CacheUnavailableError,
  ClosedError,
  DamagedBytesError,
  DeadlineError,
  type ErrorTag,
  FillFailedError,
  InvalidKeyError,
  InvalidOptionError,
  InvalidRangeError,
  InvalidSourceError,
  InvalidValueError,
  isZarrCacheError,
  MissingDependencyError,
  StoreIdConflictError,
  UnsupportedError,
  ZarrCacheError,
} from "./errors.ts";
export type { Grace } from "./grace.ts";
export { IndexedCacheStorage } from "./indexed-cache-storage.ts";
export { isUnder, type Key } from "./key.ts";
export type { MaybePromise } from "./maybe-promise.ts";
export type { MemoryStoreIndexOptions } from "./memory/memory-index-options.ts";
export { MemoryStoreIndex } from "./memory/memory-store-index.ts";
export { MemoryStoreOpener } from "./memory/memory-store-opener.ts";
export { type Part, partId } from "./part.ts";
export { gdsf, lru, PINNED, type Policy, type PolicyOption, type Use } from "./policy.ts";
export type { RangeQuery } from "./range.ts";
export type {
  CacheClaim,
  CachedFacts,
  CacheHit,
  CacheStorage,
  ClaimOptions,
  Fill,
  FillFacts,
  FillPurpose,
  Invalidation,
  PassReason,
  PinOutcome,
  StorageEvents,
  StorageUsage,
  StoredBytes,
  SweepReport,
  VerifyOptions,
  VerifyReport,
  WaitOutcome,
  WriteIntent,
} from "./storage.ts";
export { arrayKeys, type Region } from "./store/array-keys.ts";
export { type ArrayExtent, PartialExportError } from "./store/completeness.ts";
export type { CopyProgress, ExportOptions, ExportReport, ExportTarget } from "./store/exporting.ts";
export type { AnsweredFacts, FreshnessOptions } from "./store/freshness.ts";
export type { ImportOptions, ImportReport, ImportSource } from "./store/importing.ts";
export type { AgeBound, DataAgeBound, FreshnessRule, MaxAge } from "./store/max-age.ts";
export { OfflineError } from "./store/offline.ts";
export { NotKeptError, PinLimitError } from "./store/pinning.ts";
export type { RangeReader } from "./store/range-reader.ts";
export type { ReadAnswer } from "./store/read-answer.ts";
export type { RefreshOptions, RefreshProgress, RefreshReport } from "./store/refreshing.ts";
export type { KeySelection } from "./store/selection.ts";
export type { Source, SourceLike } from "./store/source.ts";
export {
  isStrongValidator,
  type SourceAnswer,
  type SourceAskOptions,
  type SourceFacts,
  type SourceFreshness,
  type SourceRead,
  type SourceReadOptions,
} from "./store/source-answer.ts";
export { NotZarrError, SourceChangedError, SourceError } from "./store/source-errors.ts";
export type { SourceStatistics, StoreStatistics } from "./store/statistics.ts";
export type { StoreEvents } from "./store/store-events.ts";
export type { AskOptions, AtOnceOptions, CachedStoreOptions, ReadOptions } from "./store/store-options.ts";
export type { WarmOptions, WarmProgress, WarmReport } from "./store/warming.ts";
export type {
  Changes,
  ClaimAnswer,
  ClaimRef,
  ConfirmedFacts,
  EntryFacts,
  EntryInfo,
  EntryOrder,
  EntryPage,
  EntryQuery,
  Failure,
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
} from "./store-index.ts";
export type { ByteStore, FoundName, Sealed, StoredName, StoreOpener } from "./store-opener.ts";
export type { IndexedCacheStorageOptions } from "./tier/tier-options.ts";
export type { TierStatistics } from "./tier-statistics.ts";
export { TieredCacheStorage, type TieredCacheStorageOptions } from "./tiered-cache-storage.ts";

export type {
  DocumentChange,
  DocumentInfo,
  DocumentMode,
  Json,
  StoredDocument,
  SupersededWrite,
} from "./documents/document.ts";
export { DocumentClient, type DocumentClientOptions } from "./documents/document-client.ts";
export { type DocumentHandlerOptions, documentHandler } from "./documents/document-handler.ts";
export type {
  DocumentsOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  Reference,
} from "./documents/document-options.ts";
export { Documents } from "./documents/documents.ts";
export {
  ClosedError,
  DocumentTooLargeError,
  InvalidArgumentError,
  isRegionsError,
  JetStreamError,
  NobodyHasItError,
  OriginNotAllowedError,
  RegionConflictError,
  RegionFullError,
  RegionsError,
  type RegionsErrorTag,
  RegionUnavailableError,
  TransferError,
  VersionNotReachedError,
} from "./errors.ts";
export type { NatsAddress } from "./link.ts";
export type { LogLimits } from "./log/own-log.ts";
export type { HeardMember, Member } from "./members.ts";
export type { LogKind } from "./names.ts";
export { type LogState, Region, type RegionState } from "./region.ts";
export type { RegionOptions } from "./region-options.ts";
export type { ElsewhereStatistics } from "./storage/elsewhere-reads.ts";
export { type PartHandlerOptions, partHandler } from "./storage/part-handler.ts";
export { RegionalCacheStorage } from "./storage/regional-cache-storage.ts";
export type { RegionalOptions, Replication } from "./storage/regional-options.ts";
export type { ReadableBucket } from "./storage/ways.ts";
export { compareVersions, formatVersion, parseVersion, type Version } from "./version.ts";

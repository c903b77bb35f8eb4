import type { Grace, StoredBytes } from "zarr-cache";
import type { Operation } from "../log/operation.ts";

/** What a region tells of a part that it has cached, or has no longer. */
export interface PartOperation extends Operation {
  /** `partId` of zarr-cache. */
  readonly part: string;
  /** The region has it no longer. */
  readonly gone?: true;
  /** The key is known to be missing; there are no bytes. */
  readonly missing?: true;
  readonly size: number;
  /** CRC-32 of the bytes. */
  readonly crc32: number;
  /** Milliseconds since 1970 when the source was asked. */
  readonly askedAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
  readonly validator?: string;
  /** How long past its age it may be given, as the source says. */
  readonly grace?: Grace;
  /** Milliseconds that the source took, there. */
  readonly cost: number;
  /** Where the bytes are fetched from. */
  readonly url?: string;
  /** Of each log of drops, the last message that its region had heard before it asked the source. */
  readonly heard?: Readonly<Record<string, number>>;
  /** What names the bytes in the bucket of the region, where it has one; for those who were given that bucket. */
  readonly stored?: StoredBytes;
}

/** An invalidation. It hides what any region was told of the path before. */
export interface DropOperation extends Operation {
  readonly storeId: string;
  /** As `isUnder` of zarr-cache reads it. */
  readonly path: string;
}

/**
 * What a tier of decoded chunks did since it was made. A read is one call of `getChunk`; `zarr.get` makes one for each
 * chunk that its selection meets.
 *
 * `reads = hits + coalesced + misses + failures`, once none is under way.
 */
export interface DecodedChunkStatistics {
  /** Reads that were begun. */
  readonly reads: number;
  /** Reads answered with a chunk that was kept. */
  readonly hits: number;
  /** Reads answered by a decoding that another read had begun. */
  readonly coalesced: number;
  /** Reads answered by a decoding of their own. */
  readonly misses: number;
  /** Reads that were rejected, the reader's own abort included. */
  readonly failures: number;
  /** Share of the answered reads that needed no decoding of their own: 0 … 1. */
  readonly hitRatio: number;
  /** Chunks that are kept. */
  readonly entries: number;
  /** Bytes charged for them, overhead included; never above `maxBytes`. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Chunks that were evicted to make room. */
  readonly evictions: number;
}

/** Counts for {@link DecodedChunkStatistics}. */
export class DecodedChunkCounters {
  reads = 0;
  hits = 0;
  coalesced = 0;
  misses = 0;
  failures = 0;

  snapshot(
    usage: Pick<DecodedChunkStatistics, "entries" | "bytes" | "maxBytes" | "evictions">,
  ): DecodedChunkStatistics {
    const { reads, hits, coalesced, misses, failures } = this;
    const answered = hits + coalesced + misses;
    const hitRatio = answered === 0 ? 0 : (hits + coalesced) / answered;
    const { entries, bytes, maxBytes, evictions } = usage;
    return { reads, hits, coalesced, misses, failures, hitRatio, entries, bytes, maxBytes, evictions };
  }
}

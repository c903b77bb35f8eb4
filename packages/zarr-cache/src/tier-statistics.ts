/**
 * What one tier did in this process, for one store or for all of them.
 *
 * Each number is a count since the storage was made. A look-up is one `get` that reached the tier.
 */
export interface TierStatistics {
  /** The tier's name, such as `"memory"` or `"disk"`. */
  readonly tier: string;
  /** Look-ups that it answered with bytes or with the fact that the key is missing, whatever their age. */
  readonly hits: number;
  /** Look-ups that it could not answer. */
  readonly misses: number;
  /** Bytes that it handed out. */
  readonly bytes: number;
  /** Mean milliseconds of a hit, the index included; 0 before the first. */
  readonly meanMilliseconds: number;
  /** Parts that became visible in it. */
  readonly fills: number;
  /** Bytes of values that became visible in it. */
  readonly filledBytes: number;
  /** Entries that the policy removed to make room. */
  readonly evictions: number;
  /** Parts that were not kept, by reason. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Times that the index or the bytes failed, were late or were corrupt. */
  readonly faults: number;
  /** Entries whose bytes were not what was written. */
  readonly corrupt: number;
}

/** Counts for {@link TierStatistics}. */
export class TierCounters {
  hits = 0;
  misses = 0;
  bytes = 0;
  milliseconds = 0;
  fills = 0;
  filledBytes = 0;
  evictions = 0;
  faults = 0;
  corrupt = 0;
  readonly refusals: Record<string, number> = {};

  /** Counts one look-up that was answered. */
  hit(bytes: number, milliseconds: number): void {
    this.hits++;
    this.bytes += bytes;
    this.milliseconds += milliseconds;
  }

  /** Counts one part that became visible. */
  keep(bytes: number): void {
    this.fills++;
    this.filledBytes += bytes;
  }

  /** Counts one part that was not kept. */
  refuse(reason: string): void {
    this.refusals[reason] = (this.refusals[reason] ?? 0) + 1;
  }

  /** What was counted so far; later counting does not change it. */
  snapshot(tier: string): TierStatistics {
    const { milliseconds, ...counts }: TierCounters = this;
    const meanMilliseconds = counts.hits === 0 ? 0 : milliseconds / counts.hits;
    return { tier, ...counts, meanMilliseconds, refusals: { ...counts.refusals } };
  }
}

import { EPOCH_BYTES } from "./head-record.ts";

/**
 * The mark of a shard's epoch, beside its entries: what look-ups and claims must know of the shard comes with the entry
 * that they ask for. Epoch, serial of the last cut, flags.
 */
export const MARK_FORMAT: string = `<c${EPOCH_BYTES}I6B`;

/** Flags of a mark: whether there are cuts, pass marks, write intents. */
export const MARK_FLAGS = { cuts: 1, passes: 2, intents: 4 } as const;

const FLAGS = EPOCH_BYTES + 6;

/** Whether a mark is of an epoch. */
export function isMarkOf(mark: Buffer, epoch: string): boolean {
  return mark.toString("latin1", 0, EPOCH_BYTES) === epoch;
}

/** Whether there are cuts, which may hide the entry that a mark came with. */
export function tellsOfCuts(mark: Buffer): boolean {
  return ((mark[FLAGS] ?? 0) & MARK_FLAGS.cuts) !== 0;
}

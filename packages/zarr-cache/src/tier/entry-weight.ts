import { classOf } from "../key.ts";
import type { Part } from "../part.ts";
import { PINNED } from "../policy.ts";
import type { FillPurpose } from "../storage.ts";

/** Metadata and the indexes of shards are small, and everything else is read by them. */
const LAST = 1024;
/** So little that whatever was asked for is worth more. */
const UNASKED = 2 ** -20;

/**
 * What a part weighs in the policy. The index of a shard is at its end (zarrita, and the default of the specification:
 * ZEP 2, `index_location`), so the end of a value is taken for one.
 */
export function weightOf({ key, range }: Part, purpose: FillPurpose = "demand"): number {
  if (purpose === "pin") return PINNED;
  const goesLast = classOf(key) === "metadata" || (range !== undefined && "suffixLength" in range);
  return goesLast ? LAST : purpose === "prefetch" ? UNASKED : 1;
}

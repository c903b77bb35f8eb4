import { assertFlags, assertKnownOptions, assertProgress, assertSignal } from "../options.ts";
import type { VerifyOptions, VerifyReport } from "../storage.ts";
import type { StoreIndex } from "../store-index.ts";
import type { StoredName, StoreOpener } from "../store-opener.ts";
import type { Reclaimer } from "./reclaimer.ts";
import type { SealedBytes } from "./sealed-bytes.ts";

const PAGE = 4096;
const BATCH = 16_384;

/** The parts of a tier that are compared with each other. */
export interface VerifiedTier {
  readonly index: StoreIndex;
  readonly opener: StoreOpener;
  readonly bytes: SealedBytes;
  readonly reclaimer: Reclaimer;
}

/** Throws `InvalidOptionError` for options of {@link verifyTier} that are unknown or impossible. */
export function assertVerifyOptions(options: VerifyOptions): void {
  assertKnownOptions("verify", options, ["repair", "onProgress", "signal"]);
  const { repair = false, onProgress, signal } = options;
  assertFlags({ repair });
  assertProgress(onProgress);
  assertSignal("signal", signal);
}

/** Reads every entry's bytes, looks for bytes without entries and recounts the charges; with `repair`, sets them right. */
export async function verifyTier(tier: VerifiedTier, options: VerifyOptions): Promise<VerifyReport> {
  const { repair = false, onProgress, signal } = options;
  let checked = 0;
  let lost = 0;
  let corrupt = 0;
  let cursor: string | undefined;
  do {
    const page = await tier.index.entries({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const entry of page.entries) {
      signal?.throwIfAborted();
      if (!entry.missing) {
        const read = await readOrCorrupt(tier, entry, { ...entry, whole: false });
        if (read !== "read") {
          // An entry that was replaced or evicted meanwhile has neither.
          const current = await tier.index.peek(entry);
          if (current?.token !== entry.token) continue;
          if (read === "gone") lost++;
          else corrupt++;
          if (repair) await tier.index.condemn(entry, entry.token);
        }
      }
      checked++;
      onProgress?.({ checked });
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  const orphans = await deleteOrphans(tier, repair);
  if (repair) await tier.reclaimer.reclaim();
  return {
    checked,
    lost,
    corrupt,
    orphans,
    accounting: await tier.index.verify({ repair }),
    repaired: repair,
  };
}

/** Counts the names with bytes that nothing charges for, and deletes them if asked to. */
export async function deleteOrphans(tier: VerifiedTier, remove: boolean): Promise<number> {
  let orphans = 0;
  const check = async (names: StoredName[]) => {
    // The names were seen before the index is asked, and a name is charged for before it holds bytes: what the index
    // does not know now is nobody's.
    const known = await tier.index.known(names);
    const unknown = names.filter((_, i) => !known[i]);
    orphans += unknown.length;
    if (remove) await tier.reclaimer.deleteNames(unknown);
  };
  let batch: StoredName[] = [];
  if (tier.opener.names !== undefined)
    for await (const name of tier.opener.names()) {
      batch.push(name);
      if (batch.length < BATCH) continue;
      await check(batch);
      batch = [];
    }
  if (batch.length > 0) await check(batch);
  return orphans;
}

async function readOrCorrupt(
  tier: VerifiedTier,
  ...[part, entry]: Parameters<SealedBytes["read"]>
): Promise<"read" | "gone" | "corrupt"> {
  try {
    return (await tier.bytes.read(part, entry)).state;
  } catch {
    return "corrupt";
  }
}

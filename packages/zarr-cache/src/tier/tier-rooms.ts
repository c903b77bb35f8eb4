import { InvalidOptionError } from "../errors.ts";
import type { StoreIndex } from "../store-index.ts";
import type { StoreOpener } from "../store-opener.ts";
import { BackgroundWork } from "./background-work.ts";
import { ChangeFollower } from "./change-follower.ts";
import { ClaimKeeper } from "./claim-keeper.ts";
import { Leftovers } from "./leftovers.ts";
import { Reclaimer } from "./reclaimer.ts";
import { SealedBytes } from "./sealed-bytes.ts";
import { TierChanges } from "./tier-changes.ts";
import { TierFills } from "./tier-fills.ts";
import { TierHealth } from "./tier-health.ts";
import { TierLog } from "./tier-log.ts";
import { TierOpening } from "./tier-opening.ts";
import { type IndexedCacheStorageOptions, parseTierOptions, type TierSettings } from "./tier-options.ts";
import { TierReads } from "./tier-reads.ts";
import { TierUpkeep } from "./tier-upkeep.ts";
import type { VerifiedTier } from "./verify.ts";

/** What one tier is made of. */
export interface TierRooms extends VerifiedTier {
  readonly settings: TierSettings;
  readonly log: TierLog;
  readonly health: TierHealth;
  readonly work: BackgroundWork;
  readonly leftovers: Leftovers;
  readonly opening: TierOpening;
  readonly reads: TierReads;
  readonly fills: TierFills;
  readonly changes: TierChanges;
  readonly follower: ChangeFollower;
  readonly upkeep: TierUpkeep;
}

/** Checks what a tier is given and puts it together; throws `InvalidOptionError`. */
export function openTier(
  index: StoreIndex,
  opener: StoreOpener,
  options: IndexedCacheStorageOptions,
): TierRooms {
  if (typeof index?.claim !== "function" || !("scope" in index))
    throw new InvalidOptionError("index", index, "a store index, such as new MemoryStoreIndex()");
  if (typeof opener?.open !== "function" || typeof opener.footprint !== "function")
    throw new InvalidOptionError("opener", opener, "a store opener, such as new MemoryStoreOpener()");
  const settings = parseTierOptions(options, opener.medium);
  const { timers } = settings;
  const log = new TierLog(settings.tier);
  const health = new TierHealth({ ...settings, log });
  const onStuck = (error: unknown) => health.fault(undefined, "idle", error);
  const work = new BackgroundWork({ patience: health.patience, timers, onStuck });
  const keeper = new ClaimKeeper(index, timers);
  const own = { index, opener, settings, log, health, work, keeper, bytes: new SealedBytes(opener) };
  const reclaimer = new Reclaimer(own);
  const leftovers = new Leftovers({ ...own, reclaimer });
  const opening = new TierOpening({
    ...own,
    reclaimer,
    leftovers,
    onOpened: () => upkeep.begin(),
    // It forgot everything, bindings too; bytes that it charged for are found by their names.
    onReopened: () => {
      upkeep.lookForOrphansSoon();
      changes.droppedAll();
    },
  });
  const fills = new TierFills({ ...own, reclaimer, leftovers, opening });
  const changes = new TierChanges({ ...own, opening, fills, reclaimer });
  const upkeep = new TierUpkeep({ ...own, reclaimer, leftovers, opening });
  const reads = new TierReads({ ...own, opening, reclaimer });
  const follower = new ChangeFollower({ ...own, opening, changes });
  index.onWarning?.((message) => log.warn(message));
  return { ...own, reclaimer, leftovers, opening, fills, changes, upkeep, reads, follower };
}

import { ANY_AGE } from "../ages.ts";
import type { SweepReport } from "../storage.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import type { Leftovers } from "./leftovers.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierOpening } from "./tier-opening.ts";
import type { TierSettings } from "./tier-options.ts";
import { deleteOrphans, type VerifiedTier } from "./verify.ts";

/** What a tier is kept tidy with. */
export interface TierUpkeepContext extends VerifiedTier {
  readonly opening: TierOpening;
  readonly leftovers: Leftovers;
  readonly keeper: ClaimKeeper;
  readonly health: TierHealth;
  readonly work: BackgroundWork;
  readonly settings: TierSettings;
}

const ORPHAN_SWEEP_MILLISECONDS = 3_600_000;
/** What the processes of a cluster claim before they look for orphans, so that one of them lists everything and not each. */
const ORPHAN_SWEEP = { storeId: "_upkeep", key: "/orphans" };

/** Tidies up after the dead: what they held, what is to be deleted, and bytes that nothing charges for. */
export class TierUpkeep {
  readonly #context: TierUpkeepContext;
  #timer: unknown;
  #nextOrphanSweep = Number.NEGATIVE_INFINITY;

  constructor(context: TierUpkeepContext) {
    this.#context = context;
  }

  /** Tidies now. */
  async sweep(): Promise<SweepReport> {
    const { expired, deleted } = await this.#tidy();
    const orphans = await deleteOrphans(this.#context, true);
    return { expired, deleted: deleted + orphans, orphans };
  }

  /** Tidies every `lockAge` from now on, where others share the index. */
  begin(): void {
    const { index, opening, health, work, settings } = this.#context;
    if (opening.isClosed || index.scope === "process") return;
    this.#timer = settings.timers.set(
      () => {
        if (opening.isClosed) return;
        const tidied = this.#upkeep().catch((error) => health.fault(undefined, "sweep", error));
        work.behind(undefined, tidied);
        this.begin();
      },
      index.lockAge,
      { background: true },
    );
  }

  /** Lets the next round look for bytes that nothing charges for: the index has forgotten some. */
  lookForOrphansSoon(): void {
    this.#nextOrphanSweep = Number.NEGATIVE_INFINITY;
  }

  /** Tidies no more. */
  end(): void {
    this.#context.settings.timers.clear(this.#timer);
  }

  /** Tidies, and every hour, the first time soon after opening, looks for bytes that nothing charges for. */
  async #upkeep(): Promise<void> {
    const { index, opening, leftovers, settings } = this.#context;
    await this.#tidy();
    const now = settings.monotonic();
    if (now < this.#nextOrphanSweep) return;
    await opening.cleaned();
    // What an earlier life left is not deleted twice.
    if (leftovers.isPurging) return;
    this.#nextOrphanSweep = now + ORPHAN_SWEEP_MILLISECONDS;
    if (index.scope === "cluster") await this.#deleteOrphansForAll();
    else await deleteOrphans(this.#context, true);
  }

  /** Looks for orphans unless another process does or has done so within the hour. */
  async #deleteOrphansForAll(): Promise<void> {
    const { index, keeper } = this.#context;
    const answer = await index.claim(ORPHAN_SWEEP, ANY_AGE);
    if (answer.state !== "fill") return;
    const { claim } = answer;
    keeper.hold({ claim, lost: () => {} });
    let passFor = 0;
    try {
      await deleteOrphans(this.#context, true);
      passFor = ORPHAN_SWEEP_MILLISECONDS;
    } finally {
      keeper.drop(claim);
      await index.release(claim, { passFor });
    }
  }

  async #tidy(): Promise<{ expired: number; deleted: number }> {
    const { index, reclaimer } = this.#context;
    let expired = 0;
    for (;;) {
      const step = await index.sweep();
      expired += step.expired;
      if (!step.more) break;
    }
    return { expired, deleted: await reclaimer.reclaim() };
  }
}

import type { CacheStorage, Fill, Part } from "zarr-cache";
import type { Region } from "../region.ts";
import { Announcements } from "./announcements.ts";
import { AnnouncingFill } from "./announcing-fill.ts";
import { DropLog } from "./drop-log.ts";
import { ElsewhereReads } from "./elsewhere-reads.ts";
import { KnownDrops } from "./known-drops.ts";
import type { RegionalSettings } from "./regional-options.ts";
import { Ways } from "./ways.ts";

/** What a storage shares with those of other regions, once it has joined its own. */
export class SharedParts {
  readonly region: Region;
  readonly drops: DropLog;
  readonly announcements: Announcements;
  readonly elsewhere: ElsewhereReads;
  readonly #local: CacheStorage;

  private constructor(
    region: Region,
    local: CacheStorage,
    settings: RegionalSettings,
    stores: ReadonlySet<string>,
  ) {
    const known = new KnownDrops();
    this.region = region;
    this.#local = local;
    this.announcements = new Announcements(region, known, local);
    const { name, sharedTiers } = settings;
    this.drops = new DropLog({ region, storage: local, known, name, sharedTiers, stores: () => stores });
    this.elsewhere = new ElsewhereReads({
      region,
      local,
      announcements: this.announcements,
      ways: new Ways({ members: () => region.members(), settings }),
      settings,
      isUsed: (storeId) => stores.has(storeId),
    });
  }

  /** Opens the region, or takes the one that was given, and begins to hear of the others. */
  static async open(
    local: CacheStorage,
    settings: RegionalSettings,
    stores: ReadonlySet<string>,
  ): Promise<SharedParts> {
    const parts = new SharedParts(await settings.join(), local, settings, stores);
    parts.drops.open();
    parts.elsewhere.open();
    return parts;
  }

  /** Hears no more of the others, and asks them for nothing. */
  async end(): Promise<void> {
    await this.elsewhere.close();
    await this.drops.close();
  }

  /** A fill that tells the other regions of what it has kept. Made before the source is asked. */
  announcing(): (part: Part, fill: Fill) => Fill {
    const { clock, settings } = this.region;
    const stamp = clock.next();
    const heard = this.drops.heard();
    const asked = settings.clock();
    return (part, fill) =>
      new AnnouncingFill(fill, (value, facts) => {
        if (facts.private) return;
        this.elsewhere.sourceTook(part.storeId, facts.cost ?? 1);
        const { expiresAt = Number.POSITIVE_INFINITY, age = 0 } = facts;
        const lasts = expiresAt - this.#local.now();
        const expires = expiresAt === Number.POSITIVE_INFINITY ? undefined : settings.clock() + lasts;
        this.announcements.kept(part, value, { ...facts, stamp, heard, askedAt: asked - age, expires });
      });
  }
}

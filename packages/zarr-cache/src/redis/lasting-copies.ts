import type { Changes, CopiesAbove, CopiesContext, FollowedChanges, HeardPosition } from "../store-index.ts";

/** What {@link LastingCopies} need beside the tiers. */
export interface LastingCopiesOptions {
  /** What was dropped since a position. */
  missed(position: string): Promise<Changes>;
  /** How far the index has told what was dropped. */
  position(): string | undefined;
  readonly monotonic: () => number;
}

/** A position is kept no more often, in milliseconds: one that is old only has more dropped again. */
const KEEP_EVERY = 1000;

/**
 * What was dropped while nobody here listened is dropped in the tier before it answers; where that cannot be known, all is,
 * as it is when the stream was not heard for too long. Copies are then of this life of the index.
 */
export class LastingCopies implements CopiesAbove {
  readonly #context: CopiesContext;
  readonly #below: FollowedChanges;
  readonly #options: LastingCopiesOptions;
  readonly #heard: readonly HeardPosition[];
  /** Losses below that these copies have been cleared for; none yet. */
  #losses: number | undefined;
  #resuming: Promise<number> | undefined;
  #drops: Promise<unknown> = Promise.resolve();
  #kept: string | undefined;
  #keptAt = Number.NEGATIVE_INFINITY;

  constructor(context: CopiesContext, below: FollowedChanges, options: LastingCopiesOptions) {
    this.#context = context;
    this.#below = below;
    this.#options = options;
    this.#heard = context.heard.filter((heard) => heard !== undefined);
  }

  get areToldAll(): boolean {
    return this.#heard.length === 0 || this.#losses === this.#below.losses;
  }

  resume(): Promise<number> {
    if (this.areToldAll) return Promise.resolve(0);
    const { heard } = this.#context;
    this.#resuming ??= this.#resume()
      .then(
        () => 0,
        () => 1 + heard.findLastIndex((each) => each !== undefined),
      )
      .finally(() => {
        this.#resuming = undefined;
      });
    return this.#resuming;
  }

  async open(): Promise<void> {
    await this.resume();
    await this.#drops;
  }

  keepSometimes(): void {
    const { position, monotonic } = this.#options;
    if (position() !== this.#kept && monotonic() - this.#keptAt >= KEEP_EVERY) void this.#keep();
  }

  async #resume(): Promise<void> {
    const { drop } = this.#context;
    const { losses } = this.#below;
    // Followed first: what comes while the rest is looked up is heard either way.
    if (!(await this.#below.catchUp())) throw new Error("Redis does not tell what was dropped.");
    const paths: Changes["paths"][] = [];
    for (const heard of this.#heard) {
      const position = this.#losses === undefined ? await heard.read() : undefined;
      const missed = position === undefined ? undefined : await this.#options.missed(position);
      if (missed === undefined || missed.lost)
        paths.push((await heard.storeIds()).map((storeId) => ({ storeId, path: "/" })));
      else paths.push(missed.paths);
    }
    this.#drops = Promise.all(paths.flat().map(({ storeId, path }) => drop(storeId, path)));
    this.#losses = losses;
  }

  async #keep(): Promise<void> {
    const position = this.#options.position();
    if (position === undefined || position === this.#kept || !this.areToldAll) return;
    this.#kept = position;
    this.#keptAt = this.#options.monotonic();
    try {
      for (const heard of this.#heard) await heard.keep(position);
    } catch {
      // The one before stays: more is dropped again than need be.
    }
  }
}

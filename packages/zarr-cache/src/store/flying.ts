import { FillFailedError } from "../errors.ts";
import type { Key } from "../key.ts";
import type { Part } from "../part.ts";
import { waitOrLeave } from "../shared-wait.ts";
import type { CacheHit } from "../storage.ts";
import type { FreshWithin } from "../store-index.ts";
import { Turns } from "../turns.ts";
import type { Datasets } from "./datasets.ts";
import type { Fetcher, Fetching } from "./fetching.ts";
import type { Flight, Landed } from "./flight.ts";
import type { Looked } from "./flights.ts";
import type { HitJudge } from "./hit-judge.ts";
import type { Keeping } from "./keeping.ts";
import type { ReaderContext } from "./reader-context.ts";
import { Revalidations } from "./revalidations.ts";
import type { SourceReads } from "./source-reads.ts";

/** Claims that a read waits for before it fetches for itself: a key that is written all the time cannot hold it up. */
const MOST_ATTEMPTS = 8;

/** Claims that are taken at once: an index that is asked for thousands answers none of them in time. */
const MOST_CLAIMS = 256;

/**
 * Flies one flight: the lower tiers, then the claim that lets one of all processes ask the source, then the source, or
 * what another process got from it.
 */
export class Pilot {
  readonly #context: ReaderContext;
  readonly #source: SourceReads;
  readonly #judge: HitJudge;
  readonly #keeping: Keeping;
  readonly #fetcher: Fetcher;
  readonly #datasets: Datasets;
  readonly #revalidations = new Revalidations();
  readonly #claims = new Turns(MOST_CLAIMS);

  constructor(
    context: ReaderContext,
    parts: { source: SourceReads; judge: HitJudge; keeping: Keeping; fetcher: Fetcher; datasets: Datasets },
  ) {
    this.#context = context;
    this.#source = parts.source;
    this.#judge = parts.judge;
    this.#keeping = parts.keeping;
    this.#fetcher = parts.fetcher;
    this.#datasets = parts.datasets;
  }

  async fly(part: Part, flight: Flight, refresh: boolean, looked?: Looked): Promise<Landed> {
    const { storage, freshness } = this.#context;
    let stale: CacheHit | undefined;
    let revalidated: (() => void) | undefined;
    let hasWaited = false;
    let hasProven = false;
    const arrived = this.#source.expect(part);
    try {
      await this.#context.bound();
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const hit = await (attempt === 0 && looked !== undefined ? looked.hit : storage.get(part));
        let within = freshness.within(part.key);
        if (hit !== undefined) {
          const verdict = this.#judge.judge(part, hit);
          if (verdict === "fresh") return this.#found(part, hit);
          if (verdict === "stale" && !refresh) return this.#fetcher.landed(part, hit, "revalidating");
          if (!hasProven && verdict !== "foreign" && this.#judge.hangsOnDataset(part, hit)) {
            hasProven = true;
            arrived();
            const asked = this.#datasets.prove(part.key as Key, refresh);
            const failed = await waitOrLeave(asked, flight.signal, () => {});
            if (failed === undefined) continue;
            if (this.#judge.servesOnError(part, hit)) return this.#fetcher.orStale(part, hit, failed.error);
          }
          stale = verdict === "foreign" ? undefined : hit;
          within = newerThan(hit, within);
        }
        const { signal } = flight;
        signal.throwIfAborted();
        const absent = hit?.value === undefined ? await this.#datasets.absence(part.key as Key) : undefined;
        if (attempt === 0 && hit === undefined && !refresh) {
          const cut = await this.#keeping.ranges.cut(part, storage);
          if (cut !== undefined && this.#judge.judge(part, cut) === "fresh")
            return this.#fetcher.landed(part, cut, "cache");
        }
        if (absent !== undefined) return { value: undefined, owned: true, from: "cache", facts: absent };
        if (stale !== undefined && this.#source.revalidates && revalidated === undefined) {
          const asked = this.#revalidations.of(part.key, stale);
          if (asked !== undefined && !hasWaited) {
            // Once: where the source fails or has changed, all go on at the same time.
            hasWaited = true;
            arrived();
            await asked;
            continue;
          }
          revalidated = this.#revalidations.begin(part.key, stale);
        }
        // Ranges of a whole that is past its age share the question whether it holds, and so its claim.
        const claimed = this.#fetcher.sharesClaim(stale) ? { storeId: part.storeId, key: part.key } : part;
        const claim = await this.#claims.take(() => storage.claim(claimed, { fresh: within, signal }));
        if (claim.state === "fill") {
          if (signal.aborted || !this.#keeping.hold(claim)) {
            // The last reader left, or the store was closed, while the claim was taken.
            await claim.abandon();
            break;
          }
        }
        if (claim.state === "hit") {
          if (claimed === part && this.#judge.judge(part, claim.hit) === "fresh")
            return this.#found(part, claim.hit);
          continue;
        }
        if (claim.state === "fill" || claim.state === "pass") {
          const fill = claim.state === "fill" ? claim : undefined;
          return await this.#fetch(part, { signal, flight, stale, fill }, arrived);
        }
        arrived();
        const outcome = await claim.settled();
        if (outcome.state === "timeout") break;
        if (outcome.state === "failed")
          return this.#fetcher.instead(
            part,
            { signal, stale },
            new FillFailedError(part.key, outcome.failure),
          );
      }
      return await this.#fetch(part, { signal: flight.signal, flight, stale }, arrived);
    } finally {
      arrived();
      revalidated?.();
    }
  }

  /** Asks the source, in the same turn in which the range is no longer expected. */
  #fetch(part: Part, fetching: Fetching, arrived: () => void): Promise<Landed> {
    const landed = this.#fetcher.fetch(part, fetching);
    arrived();
    return landed;
  }

  /** Hands out a copy, and remembers what it is of. */
  #found(part: Part, hit: CacheHit): Landed {
    if (!hit.whole && hit.value !== undefined)
      this.#keeping.ranges.note(part, hit.value.byteLength, hit.validator);
    return this.#fetcher.landed(part, hit, "cache");
  }
}

/** Bounds that a hit which was found wanting does not meet, but a newer one may. */
function newerThan({ age }: CacheHit, { present, missing }: FreshWithin): FreshWithin {
  return { present: Math.min(present, age - 0.001), missing: Math.min(missing, age - 0.001) };
}

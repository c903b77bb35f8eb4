import type { Part } from "zarr-cache";
import type { PartOperation } from "./part-operation.ts";
import { TransferEstimate } from "./transfer-estimate.ts";
import type { Way, Ways } from "./ways.ts";

/** A way to what a region has announced, and the milliseconds that it is taken for. */
export interface PricedWay {
  readonly operation: PartOperation;
  /** `undefined` for a missing key, of which nothing is fetched. */
  readonly way: Way | undefined;
  readonly milliseconds: number;
}

/** Milliseconds that a probe may take. */
const PROBE_TIMEOUT = 5000;

/**
 * What the ways to other regions cost: each region is measured by each way for itself, by what comes from there, and behind
 * the reads by probes where nothing came of late. So one that was slow, or away, is used again when it is not any more.
 */
export class PricedWays {
  readonly #ways: Pick<Ways, "to">;
  readonly #estimates: Readonly<Record<Way["kind"], TransferEstimate>>;
  readonly #probing = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();

  constructor(ways: Pick<Ways, "to">, monotonic?: () => number) {
    this.#ways = ways;
    this.#estimates = { http: new TransferEstimate(monotonic), bucket: new TransferEstimate(monotonic) };
  }

  /** Every way to what was announced of a part, the cheapest first, as far as is known at this moment. */
  to(part: Part, announced: readonly PartOperation[]): PricedWay[] {
    const found = announced.flatMap((operation): PricedWay[] => {
      if (operation.missing) return [{ operation, way: undefined, milliseconds: 0 }];
      return this.#ways.to(part, operation).map((way) => {
        if (this.#estimates[way.kind].isStale(way.region)) this.#probe(way);
        const milliseconds = this.#estimates[way.kind].of(way.region, operation.size);
        return { operation, way, milliseconds };
      });
    });
    return found.sort((a, b) => a.milliseconds - b.milliseconds);
  }

  /** Notes what a transfer took. */
  measured({ kind, region }: Way, bytes: number, milliseconds: number): void {
    this.#estimates[kind].measured(region, bytes, milliseconds);
  }

  /** Notes that nothing came that way in so long. */
  failed({ kind, region }: Way, milliseconds: number): void {
    this.#estimates[kind].failed(region, milliseconds);
  }

  /** Milliseconds of a round trip to members of each region that something came from. */
  roundTrips(): ReadonlyMap<string, number> {
    return this.#estimates.http.roundTrips();
  }

  /** Resolves when no probe is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#probing.values());
  }

  /** Gives up what is under way. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.idle();
  }

  #probe(way: Way): void {
    const name = `${way.kind} ${way.region}`;
    if (this.#probing.has(name) || this.#ending.signal.aborted) return;
    const started = performance.now();
    const probing = way
      .probe({ timeout: PROBE_TIMEOUT, signal: this.#ending.signal })
      .then(
        () => this.#estimates[way.kind].probed(way.region, performance.now() - started),
        () => this.failed(way, performance.now() - started),
      )
      .finally(() => this.#probing.delete(name));
    this.#probing.set(name, probing);
  }
}

/** What a region is taken to be like before anything came from it. */
const FIRST_ROUND_TRIP = 100;
const FIRST_BYTES_PER_MILLISECOND = 10_000;

/** How much a new measurement counts. */
const WEIGHT = 1 / 4;

/** Milliseconds that a measurement counts; after them the region is measured again before it is judged by it. */
const LASTS = 15_000;

interface Measured {
  roundTrip: number;
  bytesPerMillisecond: number;
  /** On the clock of the estimate. */
  at: number;
}

/**
 * What fetching bytes from each region costs: a round trip and the bytes at the region's bandwidth, both smoothed over
 * what was measured. Small transfers tell of the round trip, large ones of the bandwidth.
 */
export class TransferEstimate {
  readonly #regions = new Map<string, Measured>();
  readonly #monotonic: () => number;

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** Milliseconds that so many bytes of a region will take. */
  of(region: string, bytes: number): number {
    const { roundTrip, bytesPerMillisecond } = this.#of(region);
    return roundTrip + bytes / bytesPerMillisecond;
  }

  /** Notes what a transfer took. */
  measured(region: string, bytes: number, milliseconds: number): void {
    const known = this.#of(region);
    const forBytes = bytes / known.bytesPerMillisecond;
    if (forBytes <= known.roundTrip) {
      const roundTrip = Math.max(0.1, milliseconds - forBytes);
      known.roundTrip += (roundTrip - known.roundTrip) * WEIGHT;
    } else {
      const rate = bytes / Math.max(0.1, milliseconds - known.roundTrip);
      known.bytesPerMillisecond += (rate - known.bytesPerMillisecond) * WEIGHT;
    }
    this.#regions.set(region, { ...known, at: this.#monotonic() });
  }

  /** Whether nothing is known of a region, or nothing of late: what was slow once may not be so any more. */
  isStale(region: string): boolean {
    const known = this.#regions.get(region);
    return known === undefined || this.#monotonic() - known.at > LASTS;
  }

  /** Notes a round trip with no bytes to speak of, which stands in place of what was known of old. */
  probed(region: string, milliseconds: number): void {
    const { bytesPerMillisecond: known } = this.#of(region);
    // Whether the bandwidth is what it was, only bytes can tell.
    const bytesPerMillisecond = Math.max(known, (known + FIRST_BYTES_PER_MILLISECOND) / 2);
    this.#regions.set(region, { roundTrip: milliseconds, bytesPerMillisecond, at: this.#monotonic() });
  }

  /** Notes that nothing came in so long: it is taken for slow until something does. */
  failed(region: string, milliseconds: number): void {
    const known = this.#of(region);
    const roundTrip = Math.max(known.roundTrip, milliseconds) * 2;
    this.#regions.set(region, { ...known, roundTrip, at: this.#monotonic() });
  }

  /** Milliseconds of a round trip to each region that something came from. */
  roundTrips(): ReadonlyMap<string, number> {
    return new Map([...this.#regions].map(([region, { roundTrip }]) => [region, roundTrip]));
  }

  #of(region: string): Measured {
    return (
      this.#regions.get(region) ?? {
        roundTrip: FIRST_ROUND_TRIP,
        bytesPerMillisecond: FIRST_BYTES_PER_MILLISECOND,
        at: Number.NEGATIVE_INFINITY,
      }
    );
  }
}

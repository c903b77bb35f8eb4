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

/** What the ways to other regions cost: each region is measured by each way for itself. */
export class PricedWays {
  readonly #ways: Ways;
  readonly #estimates = { http: new TransferEstimate(), bucket: new TransferEstimate() };

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  /** Every way to what was announced of a part, the cheapest first. */
  to(part: Part, announced: readonly PartOperation[]): PricedWay[] {
    const found = announced.flatMap((operation): PricedWay[] => {
      if (operation.missing) return [{ operation, way: undefined, milliseconds: 0 }];
      return this.#ways.to(part, operation).map((way) => {
        const milliseconds = this.#estimates[way.kind].of(operation.region, operation.size);
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
}

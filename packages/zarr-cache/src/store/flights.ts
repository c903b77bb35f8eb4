import { isUnder } from "../key.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import { type Part, rangeIdOf } from "../part.ts";
import type { CacheHit, FillPurpose } from "../storage.ts";
import { Flight, type Landed } from "./flight.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { WorkUnderWay } from "./work-under-way.ts";

/** What a look-up gave, before the flight began. */
export interface Looked {
  readonly hit: MaybePromise<CacheHit | undefined>;
}

/** How a flight is flown: `refresh` goes past what is cached and may only be given while it is fetched anew. */
export type Fly = (part: Part, flight: Flight, refresh: boolean, looked?: Looked) => Promise<Landed>;

/**
 * The reads of this process that are under way: one flight for all readers of a part.
 *
 * A flight leaves the map, and nobody joins it any more, as soon as its part is invalidated or its answer is older than
 * the bound allows; who waits in it began before and may still have its bytes.
 */
export class Flights {
  readonly #context: Pick<ReaderContext, "storage" | "freshness">;
  readonly #fly: Fly;
  readonly #work: WorkUnderWay;
  readonly #flights = new Map<string, Flight>();
  /** Flights that fetch anew behind answers past their age. Nobody joins them, so nobody waits for them. */
  readonly #refreshes = new Map<string, Flight>();

  constructor(context: Pick<ReaderContext, "storage" | "freshness">, fly: Fly, work: WorkUnderWay) {
    this.#context = context;
    this.#fly = fly;
    this.#work = work;
  }

  /** Whether a read of this part is under way, which others may join. */
  has(part: Part): boolean {
    return this.#flights.size > 0 && this.#flights.has(flightId(part));
  }

  /** The flight of a part: one that may be joined, or a new one. At once where there is none, so that no two begin. */
  board(
    part: Part,
    looked?: Looked,
    purpose: FillPurpose = "demand",
  ): MaybePromise<{ readonly flight: Flight; readonly joined: boolean }> {
    const id = flightId(part);
    const begun = () => ({ flight: this.#begin(part, false, purpose, looked), joined: false });
    if (!this.#flights.has(id)) return begun();
    const heard = this.#context.storage.catchUp();
    const choose = () => {
      const current = this.#flights.get(id);
      return current !== undefined && this.#mayJoin(part, current)
        ? { flight: current, joined: true }
        : begun();
    };
    return isPromise(heard) ? heard.then(choose) : choose();
  }

  /** Fetches a part anew behind an answer that is past its age, unless that is being done. */
  refresh(part: Part): Flight {
    return this.#refreshes.get(flightId(part)) ?? this.#begin(part, true, "demand");
  }

  /** Takes the flights of a path out of single flight: what they bring is only for those who wait already. */
  detach(path: string): void {
    for (const flights of [this.#flights, this.#refreshes])
      for (const id of flights.keys()) if (isUnder(id.slice(0, id.indexOf("\n")), path)) flights.delete(id);
  }

  /** Not given up, and begun recently enough for what it brings to be fresh for this reader. */
  #mayJoin(part: Part, flight: Flight): boolean {
    const { storage, freshness } = this.#context;
    // Where the clock went back nobody knows how old its answer will be.
    const age = storage.now() - flight.startedAt;
    return !flight.aborted && age >= 0 && age <= freshness.within(part.key).present;
  }

  #begin(part: Part, refresh: boolean, purpose: FillPurpose, looked?: Looked): Flight {
    const id = flightId(part);
    const flights = refresh ? this.#refreshes : this.#flights;
    const flight: Flight = new Flight(this.#context.storage.now(), purpose, async (own) => {
      try {
        return await this.#fly(part, own, refresh, looked);
      } finally {
        if (flights.get(id) === flight) flights.delete(id);
      }
    });
    flights.set(id, flight);
    this.#work.track(flight.landed);
    return flight;
  }
}

function flightId(part: Part): string {
  return `${part.key}\n${rangeIdOf(part)}`;
}

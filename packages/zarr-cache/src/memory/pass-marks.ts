import { type Part, partId } from "../part.ts";

const MOST_MARKS = 10_000;

/** Marks for a time that nobody shall queue for a part, since it was not kept. */
export class PassMarks {
  readonly #ends = new Map<string, number>();

  /** Marks a part until some time. */
  add(part: Part, until: number, now: number): void {
    const id = partId(part);
    this.#ends.delete(id);
    this.#ends.set(id, until);
    // The oldest come first: those that have ended go, and so do the oldest of too many.
    for (const [oldest, end] of this.#ends) {
      if (now < end && this.#ends.size <= MOST_MARKS) break;
      this.#ends.delete(oldest);
    }
  }

  /** Whether a part is marked at `now`; forgets a mark that has ended. */
  has(part: Part, now: number): boolean {
    if (this.#ends.size === 0) return false;
    const id = partId(part);
    const until = this.#ends.get(id);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#ends.delete(id);
    return false;
  }

  /** Forgets the marks that have ended; returns how many. */
  expire(now: number): number {
    let expired = 0;
    for (const [id, until] of this.#ends)
      if (now >= until) {
        this.#ends.delete(id);
        expired++;
      }
    return expired;
  }
}

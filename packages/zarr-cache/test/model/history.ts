/** A value over a stretch of the clock; `undefined` is the fact that the key was missing. */
interface Stretch {
  readonly value: Uint8Array | undefined;
  readonly from: number;
  to: number;
}

/**
 * What a plain source held at each moment of a clock that may also go back: the reference that a cached store is
 * compared with. A read may give what was held at some moment that is no older than the bound.
 */
export class History {
  readonly #bound: number;
  readonly #now: () => number;
  readonly #stretches = new Map<string, Stretch[]>();
  /** Latest moment that the clock has shown. */
  #latest = Number.NEGATIVE_INFINITY;

  constructor(bound: number, now: () => number) {
    this.#bound = bound;
    this.#now = now;
  }

  /** What a read of a key may give now. */
  allowed(key: string): (Uint8Array | undefined)[] {
    const now = this.#now();
    const held = this.#of(key).filter(({ from, to }) => to >= now - this.#bound && from <= now);
    return held.map(({ value }) => value);
  }

  /** What the source holds. */
  current(key: string): Uint8Array | undefined {
    return this.#of(key).at(-1)?.value;
  }

  /** Somebody else changed the source: what was held before may still be read within the bound. */
  changed(key: string, value: Uint8Array | undefined): void {
    this.#of(key).push(this.#begin(value));
  }

  /** The store was told: nothing of before may be read any more. */
  settled(key: string, value: Uint8Array | undefined): void {
    this.#stretches.set(key, [this.#begin(value)]);
  }

  /** The clock was moved; what is held is held on. Call before and after, since it may have gone back. */
  moved(move: () => void): void {
    const before = this.#now();
    this.#latest = Math.max(this.#latest, before);
    move();
    const isBack = this.#now() < before;
    for (const stretches of this.#stretches.values()) {
      const last = stretches.at(-1);
      if (last === undefined) continue;
      if (isBack) stretches.push(this.#begin(last.value));
      else last.to = this.#now();
    }
  }

  #of(key: string): Stretch[] {
    let stretches = this.#stretches.get(key);
    if (stretches === undefined) {
      // Missing since the beginning, and so at every moment that the clock has shown.
      const to = Math.max(this.#latest, this.#now());
      stretches = [{ value: undefined, from: Number.NEGATIVE_INFINITY, to }];
      this.#stretches.set(key, stretches);
    }
    return stretches;
  }

  #begin(value: Uint8Array | undefined): Stretch {
    return { value, from: this.#now(), to: this.#now() };
  }
}

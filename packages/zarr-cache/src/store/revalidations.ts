import type { CacheHit } from "../storage.ts";

/**
 * The questions of this process whether a version of a key still holds. Whoever needs the same answer waits for it, so
 * that the parts of a value are not asked about one by one.
 */
export class Revalidations {
  readonly #underWay = new Map<string, Promise<void>>();

  /** Resolves when the question about the version of a copy is over; `undefined` when nobody asks. Never rejects. */
  of(key: string, { validator }: CacheHit): Promise<void> | undefined {
    return validator === undefined ? undefined : this.#underWay.get(`${key}\n${validator}`);
  }

  /** Lets others wait from now on; the caller ends it. `undefined` where there is nothing to wait for, or another asks. */
  begin(key: string, { validator }: CacheHit): (() => void) | undefined {
    const id = `${key}\n${validator}`;
    if (validator === undefined || this.#underWay.has(id)) return undefined;
    let end!: () => void;
    this.#underWay.set(
      id,
      new Promise((resolve) => {
        end = () => {
          this.#underWay.delete(id);
          resolve();
        };
      }),
    );
    return end;
  }
}

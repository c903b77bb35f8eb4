import type { Grace } from "../grace.ts";
import type { CacheHit } from "../storage.ts";
import { BoundedMap } from "./bounded-map.ts";
import { isStrongValidator } from "./source-answer.ts";

/** A version that the source said a key has. */
export interface SeenVersion {
  readonly validator: string;
  /** When the source was asked, on the storage's clock. */
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly grace?: Grace | undefined;
}

const MOST = 16_384;

/**
 * Remembers which version the source last said a key has, the latest so many of them. What is cached of that version is
 * as young as the answer, whichever of its parts was asked about: one question does for all ranges of a shard.
 */
export class KeyVersions {
  readonly #seen = new BoundedMap<string, SeenVersion>(MOST);

  /** Notes what the source answered. A weak validator says nothing of other parts. */
  saw(key: string, validator: string | undefined, told: Omit<SeenVersion, "validator">): void {
    if (validator !== undefined && isStrongValidator(validator)) this.#seen.set(key, { validator, ...told });
    else this.#seen.delete(key);
  }

  /** What the source last said of a version, if that is the last that it named. */
  of(key: string, validator: string | undefined): SeenVersion | undefined {
    const seen = this.#seen.get(key);
    return seen?.validator === validator ? seen : undefined;
  }

  /** The hit, with the age that it has by what the source said since it was cached. */
  renewed<T extends Pick<CacheHit, "age" | "expiresAt" | "validator">>(key: string, hit: T, now: number): T {
    const seen = this.of(key, hit.validator);
    if (seen === undefined) return hit;
    const age = now - seen.askedAt;
    if (age < 0 || (hit.age >= 0 && age >= hit.age)) return hit;
    return { ...hit, age, expiresAt: seen.expiresAt, grace: seen.grace };
  }
}

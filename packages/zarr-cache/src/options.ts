import { InvalidOptionError } from "./errors.ts";

/** Throws {@link InvalidOptionError} when `options` is not an object or has a name that is not in `known`. */
export function assertKnownOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidOptionError(owner, options, `an object with ${known.join(", ")}`);
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new InvalidOptionError(
        `${owner}.${name}`,
        (options as Record<string, unknown>)[name],
        known.join(", "),
      );
}

/** Returns a whole number ≥ `least`, or throws {@link InvalidOptionError} naming the option. */
export function parseCount(option: string, value: unknown, least = 0): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least)
    throw new InvalidOptionError(option, value, `a whole number ≥ ${least}, or Infinity`);
  return value;
}

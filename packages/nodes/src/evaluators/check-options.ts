import { InvalidArgumentError } from "@zarr-cache/arrays";

/** Throws for options that are none of `known`, and for counts that are no whole number of at least one. */
export function checkOptions(
  options: object,
  known: readonly string[],
  counts: Readonly<Record<string, number>>,
): void {
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new InvalidArgumentError(`options.${name}`, Reflect.get(options, name), known.join(", "));
  for (const [name, value] of Object.entries(counts))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new InvalidArgumentError(name, value, "a whole number ≥ 1");
}

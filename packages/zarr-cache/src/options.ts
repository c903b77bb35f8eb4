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

/** Throws {@link InvalidOptionError} for anything but a function; `allowed` shows its form. */
export function assertFunction(option: string, value: unknown, allowed: string): void {
  if (typeof value !== "function") throw new InvalidOptionError(option, value, allowed);
}

/** Throws {@link InvalidOptionError} for anything but one of two choices. */
export function assertEither(option: string, value: unknown, one: string, other: string): void {
  if (value !== one && value !== other) throw new InvalidOptionError(option, value, `"${one}" or "${other}"`);
}

/** Throws {@link InvalidOptionError} unless each of these options, by its name, is true or false. */
export function assertFlags(flags: Readonly<Record<string, unknown>>): void {
  for (const [option, value] of Object.entries(flags))
    if (typeof value !== "boolean") throw new InvalidOptionError(option, value, "true or false");
}

/** Throws {@link InvalidOptionError} where `onProgress` is there and is no function. */
export function assertProgress(onProgress: unknown): void {
  if (onProgress !== undefined) assertFunction("onProgress", onProgress, "a function (progress) => void");
}

/** Throws {@link InvalidOptionError} for anything but an object with these methods. */
export function assertMethods(option: string, value: unknown, names: readonly string[]): void {
  for (const name of names)
    if (typeof (value as Record<string, unknown> | null | undefined)?.[name] !== "function")
      throw new InvalidOptionError(option, value, `an object with the methods ${names.join(", ")}`);
}

/** Throws {@link InvalidOptionError} for anything but `undefined` or an `AbortSignal`, of whatever realm. */
export function assertSignal(option: string, value: unknown): void {
  if (value === undefined) return;
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  if (typeof aborted !== "boolean" || typeof addEventListener !== "function")
    throw new InvalidOptionError(option, value, "an AbortSignal");
}

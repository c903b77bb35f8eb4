import { CoordinateError } from "../errors.ts";

const registered = new Set<string>(["lat", "lon", "time", "alt"]);

/** Makes a name known as a dimension, so that grids may have it. Registering twice does nothing. */
export function registerDimension(name: string): void {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name))
    throw new CoordinateError(
      `Dimension ${JSON.stringify(name)}: a registered name is letters and digits, since "_" joins stacked names`,
    );
  registered.add(name);
}

/** The names that are known, in the order of their registration. */
export function registeredDimensions(): string[] {
  return [...registered];
}

/** Whether a name is known. */
export function isRegistered(name: string): boolean {
  return registered.has(name);
}

/** Throws unless every name is known; the message lists those that are. */
export function assertRegistered(names: readonly string[]): void {
  for (const name of names)
    if (!registered.has(name))
      throw new CoordinateError(
        `Unknown dimension ${JSON.stringify(name)}; known are ${registeredDimensions().join(", ")}. ` +
          "Register others with registerDimension(name)",
      );
}

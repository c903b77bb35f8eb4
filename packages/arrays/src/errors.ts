/** What went wrong, as a tag that survives bundling and crosses realms: compare this, not the class. */
export type ArraysErrorTag =
  | "CoordinateError"
  | "CrsError"
  | "UnknownUnitError"
  | "DimensionalityError"
  | "DatasetError"
  | "ExportError"
  | "InvalidArgumentError";

/** The base of every error that this package throws: a tag, the fields that matter, and the cause. */
export class ArraysError extends Error {
  /** Names the kind of error; stable across versions. */
  readonly tag: ArraysErrorTag;

  constructor(tag: ArraysErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = tag;
    this.tag = tag;
  }
}

/** Narrows anything caught to an error of this package, optionally to one of the given tags. */
export function isArraysError(error: unknown, ...tags: ArraysErrorTag[]): error is ArraysError {
  if (!(error instanceof Error) || !("tag" in error) || error.name !== error.tag) return false;
  return tags.length === 0 || tags.includes(error.tag as ArraysErrorTag);
}

/** A dimension, label or shape does not fit; names it and lists what there is. */
export class CoordinateError extends ArraysError {
  constructor(message: string, options?: ErrorOptions) {
    super("CoordinateError", message, options);
  }
}

/** An error that names a dimension whose labels are of two kinds. */
export function mixedLabels(name: string): CoordinateError {
  return new CoordinateError(
    `Dimension "${name}": numbers and instants, or instants of two calendars, are mixed`,
  );
}

/** A coordinate reference system has no definition, or lacks what is asked of it. */
export class CrsError extends ArraysError {
  readonly crs: string;

  constructor(crs: string, reason: string, options?: ErrorOptions) {
    super("CrsError", `CRS ${JSON.stringify(crs)} ${reason}`, options);
    this.crs = crs;
  }
}

/** A unit is not known; shows it as it was written. */
export class UnknownUnitError extends ArraysError {
  readonly units: string;

  constructor(units: string, reason: string, options?: ErrorOptions) {
    super("UnknownUnitError", `Unit ${JSON.stringify(units)} is not known: ${reason}`, options);
    this.units = units;
  }
}

/** Two units measure different things, so that one cannot be converted to the other. */
export class DimensionalityError extends ArraysError {
  readonly left: string | undefined;
  readonly right: string | undefined;

  constructor(operation: string, left: string | undefined, right: string | undefined) {
    const show = (units: string | undefined) => (units ? JSON.stringify(units) : "no unit");
    super("DimensionalityError", `${operation}: ${show(right)} cannot be converted to ${show(left)}`);
    this.left = left;
    this.right = right;
  }
}

/** A Zarr group cannot be read as a dataset; names the group, array or attribute. */
export class DatasetError extends ArraysError {
  constructor(message: string, options?: ErrorOptions) {
    super("DatasetError", message, options);
  }
}

/** An array cannot be written in the asked format; says which of its properties is in the way. */
export class ExportError extends ArraysError {
  constructor(format: string, reason: string, options?: ErrorOptions) {
    super("ExportError", `${format}: ${reason}`, options);
  }
}

/** An argument or option is unknown or impossible; says which and what is allowed. */
export class InvalidArgumentError extends ArraysError {
  readonly argument: string;

  constructor(argument: string, value: unknown, allowed: string) {
    super("InvalidArgumentError", `"${argument}" is ${shown(value)}; allowed: ${allowed}`);
    this.argument = argument;
  }
}

/** Shows a value in a message, shortened. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "function") return "a function";
  if (value instanceof Date) return `Date ${Number.isNaN(value.getTime()) ? "invalid" : value.toISOString()}`;
  if (typeof value === "object" && value !== null) {
    if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
    try {
      return JSON.stringify(value).slice(0, 80);
    } catch {
      return "an object";
    }
  }
  return String(value);
}

/** Throws unless `options` is an object all of whose names are in `known`. */
export function assertKnown(owner: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidArgumentError(owner, options, `an object with ${known.join(", ")}`);
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new InvalidArgumentError(`${owner}.${name}`, Reflect.get(options, name), known.join(", "));
}

/** Reads JSON; what is none is an error that shows it. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("json", text, "JSON");
  }
}

import { type JsonNumber, jsonNumber, readJsonNumber } from "../coordinates/axis.ts";
import { Coordinates } from "../coordinates/coordinates.ts";
import type { CoordinatesDefinition } from "../coordinates/definition.ts";
import { InvalidArgumentError, parsedJson } from "../errors.ts";
import { type DType, dtypeOf, zeros } from "./dtype.ts";
import type { Labelled } from "./labelled.ts";
import { type NumericData, ordered } from "./strided.ts";

/** An array as JSON. */
export interface ArrayJson {
  readonly name?: string;
  readonly dims: readonly string[];
  readonly dtype: DType;
  readonly coordinates: CoordinatesDefinition;
  readonly bands?: readonly string[];
  readonly units?: string | Readonly<Record<string, string>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly data: readonly JsonNumber[];
}

/** Writes an array as JSON; what JSON has no number for is a string. */
export function arrayJson(
  array: Labelled & { readonly name: string | undefined; readonly attrs: ArrayJson["attrs"] },
): ArrayJson {
  const { name, dims, bands, units, attrs, values } = array;
  return {
    ...(name !== undefined && { name }),
    dims,
    dtype: dtypeOf(values.data),
    coordinates: array.coordinates.definition,
    ...(bands && { bands }),
    ...(units !== undefined && { units }),
    attrs,
    data: Array.from(ordered(values), jsonNumber),
  };
}

/** Reads back what {@link arrayJson} wrote, or its text. */
export function readArrayJson(json: ArrayJson | string): {
  readonly json: ArrayJson;
  readonly data: NumericData;
  readonly coordinates: Coordinates;
} {
  const read = typeof json === "string" ? (parsedJson(json) as ArrayJson) : json;
  if (typeof read !== "object" || read === null || !Array.isArray(read.data))
    throw new InvalidArgumentError("json", read, "what toJSON wrote");
  assertFacts(read);
  const data = zeros(read.dtype, read.data.length);
  for (const [at, value] of read.data.entries()) {
    const number = readJsonNumber(value);
    if (number === undefined)
      throw new InvalidArgumentError(`data[${at}]`, value, 'a number, "NaN", "Infinity" or "-Infinity"');
    data[at] = number;
  }
  return { json: read, data, coordinates: Coordinates.fromDefinition(read.coordinates) };
}

/** Throws unless all but the data is as {@link arrayJson} writes it; what is not told may be left out. */
function assertFacts({ name, dims, bands, units, attrs }: Partial<ArrayJson>): void {
  if (name !== undefined && typeof name !== "string") throw new InvalidArgumentError("name", name, "a text");
  if (attrs !== undefined && !isMap(attrs)) throw new InvalidArgumentError("attrs", attrs, "an object");
  for (const [field, names] of Object.entries({ dims, bands }))
    if (names !== undefined && !(Array.isArray(names) && areTexts(names)))
      throw new InvalidArgumentError(field, names, "a list of texts");
  if (units === undefined || typeof units === "string") return;
  if (!isMap(units) || !areTexts(Object.values(units)))
    throw new InvalidArgumentError("units", units, "a text, or a map from band to text");
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

import { type JsonNumber, jsonNumber } from "../coordinates/axis.ts";
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
  for (const [at, value] of read.data.entries()) data[at] = Number(value);
  return { json: read, data, coordinates: Coordinates.fromDefinition(read.coordinates) };
}

/** Throws unless dimensions, bands and units are texts as {@link arrayJson} writes them; what is not told may be left out. */
function assertFacts({ dims, bands, units }: Partial<ArrayJson>): void {
  for (const [field, names] of Object.entries({ dims, bands }))
    if (names !== undefined && !(Array.isArray(names) && areTexts(names)))
      throw new InvalidArgumentError(field, names, "a list of texts");
  if (units === undefined || typeof units === "string") return;
  if (typeof units !== "object" || units === null || Array.isArray(units) || !areTexts(Object.values(units)))
    throw new InvalidArgumentError("units", units, "a text, or a map from band to text");
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

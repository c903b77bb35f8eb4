import { BAND } from "../array/labelled.ts";
import { Coordinates } from "../coordinates/coordinates.ts";
import { crsFacts, DEFAULT_CRS, WGS84_WITH_HEIGHT } from "../coordinates/crs.ts";
import { axisPart, type Part, type StackPart } from "../coordinates/part.ts";
import { type ArrayUnits, BAND_UNITS } from "../units/band-units.ts";
import { PACKING_ATTRIBUTES } from "./cf-decoding.ts";
import { type Labels, positionLabels } from "./labels.ts";
import { LazyArray } from "./lazy-array.ts";
import { decoderFor, type Opened } from "./open-array.ts";
import { stackKey } from "./read-stacks.ts";

/** Puts an opened array and the labels of its dimensions together; the attributes that decoding uses up are left out. */
export function lazyVariable(
  opened: Opened,
  arrays: readonly Opened[],
  labels: ReadonlyMap<string, Labels>,
  stacks: ReadonlyMap<string, StackPart>,
  rename: ReadonlyMap<string, string>,
  masks: boolean,
): LazyArray {
  const { name, path, array, attrs } = opened;
  const { shape } = array;
  const bandLabels = labels.get(BAND);
  const bandAt = opened.dims.indexOf(BAND);
  const bands = bandAt >= 0 ? bandNames(bandLabels, shape[bandAt] as number) : undefined;
  const dims = opened.dims.map((dim) => rename.get(dim) ?? dim);
  const stacked = stacksOf(opened, stacks);
  const parts = dims.flatMap((dim, at): Part[] => {
    const found = labels.get(opened.dims[at] as string);
    const size = shape[at] as number;
    if (dim === BAND) return [];
    const stack = stacked.get(at);
    if (stack !== undefined) return stack === "within" ? [] : [stack];
    return [
      axisPart(dim, found && "axis" in found && found.axis.size === size ? found.axis : positionLabels(size)),
    ];
  });
  const kept = Object.entries(attrs).filter(
    ([key]) =>
      !PACKING_ATTRIBUTES.includes(key) &&
      !["_ARRAY_DIMENSIONS", "units", BAND_UNITS, "crs"].includes(key) &&
      !(key === "coordinates" && stacked.size > 0),
  );
  const crs = crsOf(opened, arrays) ?? (dims.includes("alt") ? WGS84_WITH_HEIGHT : DEFAULT_CRS);
  return new LazyArray({
    name,
    path,
    array,
    dims,
    coordinates: Coordinates.of(parts, {
      dimensions: "any",
      crs: dims.includes("alt") && !crsFacts(crs).verticalUnits ? WGS84_WITH_HEIGHT : crs,
    }),
    bands,
    units: unitsOf(attrs, bands),
    attrs: Object.fromEntries(kept),
    decoder: () => decoderFor(opened, masks),
  });
}

/** The stacks of an array by the place where their dimensions begin; those that follow are within. */
function stacksOf(
  { name, dims, array }: Opened,
  stacks: ReadonlyMap<string, StackPart>,
): Map<number, StackPart | "within"> {
  const found = new Map<number, StackPart | "within">();
  for (const [key, stack] of stacks) {
    const rank = stack.shape.length;
    const at = dims.findIndex((_, start) => stackKey(dims.slice(start, start + rank)) === key);
    if (
      at < 0 ||
      stack.names.includes(name) ||
      array.shape.slice(at, at + rank).join() !== stack.shape.join()
    )
      continue;
    for (let each = 0; each < rank; each++) found.set(at + each, each === 0 ? stack : "within");
  }
  return found;
}

/** The unit, or that of each band where all have one of their own. */
function unitsOf(
  { units, [BAND_UNITS]: each }: Readonly<Record<string, unknown>>,
  bands: readonly string[] | undefined,
): ArrayUnits {
  const listed = Array.isArray(each) ? each : [];
  if (bands && listed.length === bands.length && listed.every((unit) => typeof unit === "string"))
    return Object.fromEntries(bands.map((band, at) => [band, listed[at] as string]));
  return typeof units === "string" && units.trim() !== "" ? units : undefined;
}

function bandNames(labels: Labels | undefined, size: number): readonly string[] {
  if (labels && "names" in labels && labels.names.length === size) return labels.names;
  if (labels && "axis" in labels && labels.axis.size === size) return Array.from(labels.axis.values, String);
  return Array.from({ length: size }, (_, at) => String(at));
}

/** The CRS that an array or its grid mapping gives; an unknown code is an error where it bears on labels, else undefined. */
function crsOf({ attrs, dims }: Opened, arrays: readonly Opened[]): string | undefined {
  const mapping = arrays.find(({ name }) => name === attrs["grid_mapping"])?.attrs;
  for (const definition of [
    attrs["crs"],
    mapping?.["crs_wkt"],
    mapping?.["spatial_ref"],
    mapping?.["epsg_code"],
  ]) {
    if (typeof definition !== "string") continue;
    try {
      return crsFacts(definition) && definition;
    } catch (error) {
      // Without lat or lon nothing is ever transformed. With them, the default in its place would be a wrong place.
      if (/^\w+:\w+$/.test(definition.trim()) && dims.some((dim) => /(^|_)(lat|lon)(_|-|$)/.test(dim)))
        throw error;
    }
  }
  return undefined;
}

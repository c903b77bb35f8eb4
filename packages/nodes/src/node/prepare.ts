/**
 * What of a request concerns a node, and how its answer becomes one to the whole request.
 *
 * A dimension that the node has must be asked for; of one of its stacks a part is enough, if the points stay apart. What
 * the node does not have is left out, unless it is stacked with what it has: then it is carried along the stack.
 */
import { CoordinateError, Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { BAND, type Part, partDims, sameLabels, sizeOf } from "@zarr-cache/arrays/parts";

/** A request as a node sees it. */
export interface Prepared {
  /** What the node evaluates: its own dimensions alone. */
  readonly request: Coordinates;
  /** The request without what has no place in the answer. */
  readonly answer: Coordinates;
  /** Carries what stacks have beside the node's dimensions, and puts dimensions in the order of the request. */
  restore(result: UnitsDataArray): UnitsDataArray;
}

/** Prepares a request for a node with these coordinates, or else these dimensions, or else any. */
export function prepareRequest(
  native: Coordinates | undefined,
  dims: readonly string[] | undefined,
  asked: Coordinates,
): Prepared {
  if (native) assertCovers(native, asked);
  const relevant = native?.udims ?? dims ?? asked.udims;
  const answerParts: Part[] = [];
  const requestParts = asked.parts.flatMap((part) => {
    const kept = part.names.filter((name) => relevant.includes(name));
    if (kept.length === 0) return [];
    answerParts.push(part);
    return [kept.length === part.names.length ? part : reduced(part, kept)];
  });
  const request = Coordinates.of(requestParts, { crs: asked.crs, dimensions: "any" });
  const answer = Coordinates.of(answerParts, { crs: asked.crs, dimensions: "any" });
  return {
    request,
    answer,
    restore: (result) => ordered(carried(result, requestParts, answerParts), answer),
  };
}

/** The coordinates of a source without the dimensions of its stacks that are not asked for. */
export function askedPart(native: Coordinates, asked: Coordinates): Coordinates {
  return native.udrop(...native.udims.filter((name) => !asked.udims.includes(name)));
}

function assertCovers(native: Coordinates, asked: Coordinates): void {
  const there = asked.udims;
  for (const part of native.parts) {
    const missing = part.names.filter((name) => !there.includes(name));
    if (missing.length === 0) continue;
    if (missing.length === part.names.length)
      throw new CoordinateError(
        `Dimension ${missing.map((name) => JSON.stringify(name)).join(", ")} not present in requested coordinates with dims ${JSON.stringify(asked.dims)}`,
      );
    const left = part.names.filter((name) => there.includes(name));
    const only = Coordinates.of([reduced(part, left)], { dimensions: "any", crs: native.crs });
    if (only.unique().size !== only.size)
      throw new CoordinateError(
        `Dimension ${missing.map((name) => JSON.stringify(name)).join(", ")} is needed: without it several points of "${part.names.join("_")}" have the same ${left.join(", ")}`,
      );
  }
}

/** A part with some of its columns only, in one dimension. */
function reduced(part: Part, kept: readonly string[]): Part {
  const columns = kept.map((name) => part.columns[part.names.indexOf(name)] as Part["columns"][number]);
  return { names: kept, shape: [sizeOf(part.shape)], columns } as Part;
}

/** Puts the whole stacks back in the place of what was evaluated of them, where it came back point for point. */
function carried(result: UnitsDataArray, asked: readonly Part[], answer: readonly Part[]): UnitsDataArray {
  let { coordinates, dims } = result;
  let shape = [...result.shape];
  let changed = false;
  for (const [at, full] of answer.entries()) {
    const part = asked[at] as Part;
    if (part === full) continue;
    // What the node brings labels for by itself is not carried.
    const names = full.names.filter((name) => part.names.includes(name) || !coordinates.udims.includes(name));
    if (names.length === part.names.length) continue;
    const whole =
      names.length === full.names.length ? full : ({ ...reduced(full, names), shape: full.shape } as Part);
    const found = coordinates.parts.find(
      (each) =>
        each.names.join() === part.names.join() &&
        each.columns.every((axis, column) => sameLabels(axis, part.columns[column] as typeof axis)),
    );
    if (!found) continue;
    changed = true;
    const place = dims.indexOf(partDims(found)[0] as string);
    dims = dims.toSpliced(place, 1, ...partDims(whole));
    shape = shape.toSpliced(place, 1, ...whole.shape);
    const parts = coordinates.parts.map((each) => (each === found ? whole : each));
    coordinates = Coordinates.of(parts, { crs: coordinates.crs, dimensions: "any" });
  }
  if (!changed) return result;
  const { bands, units, attrs, name } = result;
  return new UnitsDataArray(result.toTypedArray(), coordinates, { dims, bands, units, attrs, name });
}

/** In the order of the request, the bands last. */
function ordered(result: UnitsDataArray, answer: Coordinates): UnitsDataArray {
  const placeOf = (part: Part) => {
    const at = answer.parts.findIndex(({ names }) => names.some((name) => part.names.includes(name)));
    return at < 0 ? answer.parts.length : at;
  };
  const parts = [...result.coordinates.parts].sort((a, b) => placeOf(a) - placeOf(b));
  const dims = [...parts.flatMap(partDims), ...(result.bands ? [BAND] : [])];
  return dims.join() === result.dims.join() ? result : result.transpose(...dims);
}

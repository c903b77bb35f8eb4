import { assertKnown, CrsError, InvalidArgumentError, parsedJson } from "../errors.ts";
import { showInNode } from "../inspect.ts";
import { own } from "../own.ts";
import { alignedAxes, assertGeotransform, assertRasterShape, isAligned } from "./affine.ts";
import type { Axis } from "./axis.ts";
import { blocksOf } from "./blocks.ts";
import { concatParts, isSubset, mergeParts, unionParts, uniqueParts } from "./combine.ts";
import { type GridInput, gridParts, type PointsInput, pointParts } from "./construct.ts";
import { crsFacts, DEFAULT_CRS } from "./crs.ts";
import { type CoordinatesDefinition, definitionOf, partsFromDefinition } from "./definition.ts";
import { assertRegistered } from "./dimension-registry.ts";
import { Dimensions } from "./dimensions.ts";
import { hashOf } from "./hash.ts";
import { identityOf } from "./identity.ts";
import { intersectParts } from "./intersect.ts";
import { affinePart, axisPart, isStacked, type Part, partDims, takePart } from "./part.ts";
import { allPicks, type Picks } from "./picks.ts";
import { printCoordinates } from "./print.ts";
import { dropParts, transposeParts, udropParts, unknownDimension } from "./rearrange.ts";
import { type Bounds, selectParts } from "./select.ts";
import { simplifyAxis } from "./simplify.ts";
import { transformParts } from "./transform.ts";

/** How coordinates are made. */
export interface CoordinatesOptions {
  /** Name, PROJ string or WKT; WGS84 longitude and latitude unless told. */
  readonly crs?: string;
  /** Which names a dimension may have: those that are `registered` (default), or `any`. */
  readonly dimensions?: "registered" | "any";
}

/**
 * The labels of an array's dimensions, and the CRS that they are in. Immutable: every method that changes something
 * returns new coordinates. Errors are {@link CoordinateError} and {@link CrsError}; they name the dimension.
 */
export class Coordinates extends Dimensions {
  /** As it was given. */
  readonly crs: string;
  #hash: string | undefined;

  private constructor(parts: readonly Part[], crs: string) {
    super(parts);
    this.crs = crs;
  }

  /** Takes parts that are ready; a dimension that comes twice and `alt` without vertical units are errors. */
  static of(parts: readonly Part[], options: CoordinatesOptions = {}): Coordinates {
    assertKnown("options", options, ["crs", "dimensions"]);
    const { crs = DEFAULT_CRS, dimensions = "registered" } = options;
    if (dimensions !== "registered" && dimensions !== "any")
      throw new InvalidArgumentError("dimensions", dimensions, "registered, any");
    const merged = mergeParts([parts]);
    const names = merged.flatMap((part) => part.names);
    if (dimensions === "registered") assertRegistered(names);
    if (names.includes("alt") && !crsFacts(crs).verticalUnits)
      throw new CrsError(
        crs,
        `has no vertical units, which alt needs: use "EPSG:4979", or a PROJ string with +vunits=m`,
      );
    crsFacts(crs);
    return new Coordinates(merged, crs);
  }

  /** Independent dimensions, in the order of `order` or else of the keys: `{ lat: [0, 1], time: "2018-01-01" }`. */
  static grid(
    axes: GridInput,
    options: CoordinatesOptions & { readonly order?: readonly string[] } = {},
  ): Coordinates {
    const { order, ...rest } = options;
    return Coordinates.of(gridParts(axes, order), rest);
  }

  /** Dimensions whose labels go together, stacked as one, `lat_lon`. Nested lists make an n-d stack. */
  static points(
    columns: Readonly<Record<string, PointsInput>>,
    options: CoordinatesOptions = {},
  ): Coordinates {
    return Coordinates.of(pointParts(columns), options);
  }

  /** The pixel centres of a raster, `[x, dx/column, dx/row, y, dy/column, dy/row]`: lat and lon, stacked where rotated. */
  static affine(
    geotransform: readonly number[],
    shape: readonly [number, number],
    options: CoordinatesOptions = {},
  ): Coordinates {
    assertGeotransform(geotransform);
    assertRasterShape(shape);
    if (!isAligned(geotransform))
      return Coordinates.of([affinePart(["lat", "lon"], geotransform, shape)], options);
    const { y, x } = alignedAxes(geotransform, shape);
    return Coordinates.of([axisPart("lat", y), axisPart("lon", x)], options);
  }

  /** Coordinates of different dimensions side by side, in the CRS of the first; a duplicate dimension is an error. */
  static merge(all: readonly Coordinates[]): Coordinates {
    const [first] = all;
    if (!first) return Coordinates.of([]);
    for (const { crs } of all)
      if (crsFacts(crs).name !== crsFacts(first.crs).name)
        throw new CrsError(crs, `cannot be merged with ${first.crs}: transform one of them first`);
    return new Coordinates(mergeParts(all.map(({ parts }) => parts)), first.crs);
  }

  /** Reads back a {@link definition}, or its JSON text. */
  static fromDefinition(definition: CoordinatesDefinition | string): Coordinates {
    const read =
      typeof definition === "string" ? (parsedJson(definition) as CoordinatesDefinition) : definition;
    return Coordinates.of(partsFromDefinition(read), { crs: read.crs, dimensions: "any" });
  }

  /** The coordinates at positions of dimensions; those that are not named stay whole. */
  take(picks: Readonly<Record<string, Picks>>): Coordinates {
    const { dims } = this;
    for (const name of Object.keys(picks)) if (!dims.includes(name)) throw unknownDimension(this.parts, name);
    const parts = this.parts.map((part) => {
      const names = partDims(part);
      if (names.every((name) => own(picks, name) === undefined)) return part;
      return takePart(
        part,
        names.map((name, at) => own(picks, name) ?? allPicks(part.shape[at] ?? 0)),
      );
    });
    return new Coordinates(parts, this.crs);
  }

  /**
   * The labels within bounds, by unstacked dimension: inner unless `outer`. Where no label is inside, but the bounds lie
   * between two, the nearer ones; beyond the ends nothing. `outer` is the smallest set that contains the bounds.
   */
  select(bounds: Bounds, options: { readonly outer?: boolean } = {}): Coordinates {
    assertKnown("options", options, ["outer"]);
    return new Coordinates(selectParts(this.parts, bounds, options.outer ?? false), this.crs);
  }

  /** Selects by the bounds of the other coordinates, in this CRS, in the dimensions that both have. */
  intersect(other: Coordinates, options: { readonly outer?: boolean } = {}): Coordinates {
    return new Coordinates(intersectParts(this.parts, other.transform(this.crs).parts, options), this.crs);
  }

  /** Without these dimensions; a part of a stack is an error (`udrop` takes it out of the stack). */
  drop(...names: readonly string[]): Coordinates {
    return new Coordinates(dropParts(this.parts, names), this.crs);
  }

  /** Without these unstacked dimensions, out of stacks as well. */
  udrop(...names: readonly string[]): Coordinates {
    return new Coordinates(udropParts(this.parts, names), this.crs);
  }

  /** In another order of dimensions; without names, reversed. A stack moves as a whole. */
  transpose(...names: readonly string[]): Coordinates {
    return new Coordinates(transposeParts(this.parts, names), this.crs);
  }

  /** Every dimension of a stack on its own. */
  unstack(): Coordinates {
    const parts = this.parts.flatMap((part) =>
      part.names.map((name, at) => axisPart(name, part.columns[at] as Axis)),
    );
    return new Coordinates(parts, this.crs);
  }

  /** Each label once, in the order in which it came; of a stack, each point. */
  unique(): Coordinates {
    return new Coordinates(uniqueParts(this.parts), this.crs);
  }

  /** The labels of both, sorted, each once. */
  union(other: Coordinates): Coordinates {
    return new Coordinates(unionParts(this.parts, other.transform(this.crs).parts), this.crs);
  }

  /** The labels of this and then those of the other. */
  concat(other: Coordinates): Coordinates {
    return new Coordinates(concatParts(this.parts, other.transform(this.crs).parts), this.crs);
  }

  /** Blocks of at most this shape, in C order, each with its first position. */
  *chunks(
    shape: readonly number[],
  ): Generator<{ readonly coordinates: Coordinates; readonly start: readonly number[] }> {
    for (const { picks, start } of blocksOf(this.dims, this.shape, shape))
      yield { coordinates: this.take(picks), start };
  }

  /** Whether the other has the same dimensions and all of these labels; of a stack, these points. */
  issubset(other: Coordinates): boolean {
    return isSubset(this.parts, other.transform(this.crs).parts);
  }

  /** With every list of labels that is evenly spaced, to the last bit, as a uniform axis. */
  simplify(): Coordinates {
    const parts = this.parts.map((part) =>
      isStacked(part) ? part : axisPart(part.names[0], simplifyAxis(part.columns[0])),
    );
    return new Coordinates(parts, this.crs);
  }

  /** In another CRS. A grid that the projection bends becomes an n-d stack. */
  transform(crs: string): Coordinates {
    return new Coordinates(transformParts(this.parts, this.crs, crs), crs);
  }

  /** Whether both have the same labels in the same CRS, however written and in whatever order of dimensions. */
  equals(other: Coordinates): boolean {
    return this === other || this.hash === other.hash;
  }

  /** SHA-256 of the canonical JSON of the normalised coordinates: equal exactly for equal coordinates. */
  get hash(): string {
    this.#hash ??= hashOf(identityOf(this.parts, this.crs));
    return this.#hash;
  }

  /** As JSON that {@link fromDefinition} reads back. */
  get definition(): CoordinatesDefinition {
    return definitionOf(this.parts, this.crs);
  }

  toJSON(): CoordinatesDefinition {
    return this.definition;
  }

  override toString(): string {
    return printCoordinates(this);
  }
}

showInNode(Coordinates.prototype);

import { type Coordinates, DEFAULT_CRS, type UnitsDataArray, WGS84_WITH_HEIGHT } from "@zarr-cache/arrays";
import { crsFacts } from "@zarr-cache/arrays/parts";
import { NotImplementedError } from "../errors.ts";
import { interpolateAt, isExact } from "../interpolation/interpolate-at.ts";
import { isRaw } from "../interpolation/method.ts";
import { asAsked } from "./as-asked.ts";
import { DescribedNode } from "./described-node.ts";
import { askedPart } from "./prepare.ts";
import type { ResourceVersion } from "./resource.ts";
import type { EvalContext } from "./session.ts";

/** What a type of node says of its values: how they are computed, where it has them, and what is known of them beforehand. */
export abstract class ComputedNode<A extends object = Record<string, unknown>> extends DescribedNode<A> {
  /** Computes the values at these coordinates, which have the node's own dimensions in the order of the request. */
  compute(_coordinates: Coordinates, _context: EvalContext): UnitsDataArray | Promise<UnitsDataArray> {
    throw new NotImplementedError(this.type, "compute");
  }

  /**
   * Computes at any labels: of native ones those that are needed, and what lies between by interpolation. Called by the
   * evaluation; types implement {@link compute}.
   */
  async produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const native = this.nativeCoordinates;
    if (!native) return this.compute(target, context);
    return interpolateAt(native, target, this.interpolation ?? "none", async ({ coordinates, positions }) =>
      asAsked(this.type, await this.compute(coordinates, { ...context, positions }), coordinates),
    );
  }

  /** Learns what must be known before an evaluation, such as the labels of a store, or that they have changed. */
  async prepare(): Promise<void> {}

  /** The labels that the node has by itself; undefined for one that can be evaluated anywhere. */
  get nativeCoordinates(): Coordinates | undefined {
    return undefined;
  }

  /** The unstacked dimensions of results; undefined where any dimension counts. */
  get udims(): readonly string[] | undefined {
    return this.nativeCoordinates?.udims;
  }

  /** The bands of results, if they have any. */
  get bands(): readonly string[] | undefined {
    return undefined;
  }

  /** The units of results, where they are known beforehand. */
  get outputUnits(): UnitsDataArray["units"] {
    return this.units;
  }

  /**
   * The labels that values for a request have, given that it has the node's dimensions alone: those of the request, or,
   * where nothing is interpolated and not all of them are native, the native ones around it.
   */
  outputCoordinates(request: Coordinates): Coordinates {
    const native = this.nativeCoordinates;
    if (!native || !isRaw(this.interpolation)) return request;
    const own = askedPart(native, request);
    if (isExact(own, request)) return request;
    const around = own.intersect(request, { outer: true });
    return isWgs84(own.crs) && isWgs84(request.crs) ? around.transform(request.crs) : around;
  }

  /** The version of what the node reads by itself, beside its inputs; undefined where it never changes. */
  version(): ResourceVersion | undefined | Promise<ResourceVersion | undefined> {
    return undefined;
  }
}

/** Whether labels are degrees on WGS84, with heights or without: the same in both. */
function isWgs84(crs: string): boolean {
  return [DEFAULT_CRS, WGS84_WITH_HEIGHT].includes(crsFacts(crs).name);
}

import { Coordinates, type UnitsDataArray, WGS84_WITH_HEIGHT } from "@zarr-cache/arrays";
import { allPicks, type Part, picksOf, sizeOf, takePart } from "@zarr-cache/arrays/parts";
import { placesIn } from "../cache/copy-labels.ts";
import { planOf } from "../node/evaluate.ts";
import { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";

/**
 * Something that computes from other nodes. A type implements `compute(coordinates, context)`; `context.inputs` has the
 * results of its input nodes at these coordinates, by name.
 */
export abstract class Algorithm<A extends object = Record<string, unknown>> extends Node<A> {
  static override readonly kind: "node" | "source" | "algorithm" | "compositor" = "algorithm";

  override async produce(target: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const results = await Promise.all(
      Object.entries(this.inputs).map(async ([name, input]) => [name, await context.evaluate(input, target)]),
    );
    return this.compute(target, { ...context, inputs: Object.fromEntries(results) });
  }

  /** The labels that all inputs have values at. */
  override outputCoordinates(request: Coordinates): Coordinates {
    return commonLabels(Object.values(this.inputs), request);
  }

  override get udims(): readonly string[] | undefined {
    return commonDims(Object.values(this.inputs));
  }
}

/** The dimensions that any of these nodes has; undefined where one has whatever is asked. */
export function commonDims(nodes: readonly Node[]): readonly string[] | undefined {
  const all = nodes.map(({ udims }) => udims);
  if (all.length === 0 || all.some((dims) => dims === undefined)) return undefined;
  return [...new Set(all.flatMap((dims) => dims ?? []))];
}

/**
 * The labels that nodes have values at where they are asked for these: those of the request, or, of nodes that give their own
 * points around it, the points that all of them have. Where they are stacked otherwise, those of the request.
 */
export function commonLabels(nodes: readonly Node[], request: Coordinates): Coordinates {
  const targets = nodes
    .map((node) => planOf(node, request))
    .filter(({ prepared, target }) => target !== prepared.request);
  if (targets.length === 0) return request;
  const parts = request.parts.map((part): Part => {
    const own = targets.flatMap(({ target }) =>
      target.parts.filter(({ names }) => names.join() === part.names.join()),
    );
    const [first, ...rest] = own;
    return first ? rest.reduce(intersection, first) : part;
  });
  return Coordinates.of(parts, { crs: request.crs, dimensions: "any" });
}

/** The points of one part that another has as well. */
function intersection(part: Part, other: Part): Part {
  if (part === other) return part;
  const places = placesIn(part, Coordinates.of([other], { dimensions: "any", crs: ANY_CRS }));
  const kept = Array.from(places).flatMap((place, at) => (place >= 0 ? [at] : []));
  if (part.shape.length > 1) return part;
  return takePart(part, [kept.length === sizeOf(part.shape) ? allPicks(kept.length) : picksOf(kept)]);
}

/** Labels are compared as numbers, so that any CRS does, if it has heights. */
const ANY_CRS = WGS84_WITH_HEIGHT;

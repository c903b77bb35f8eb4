import { CoordinateError, Coordinates, type UnitsDataArray } from "@zarr-cache/arrays";
import { type ComputedValues, cachedValues } from "../cache/cached-values.ts";
import { remember } from "../estimate/measured-times.ts";
import { VERSION } from "../version.ts";
import { asArray, withDims } from "./as-asked.ts";
import type { Node } from "./node.ts";
import { type Prepared, prepareRequest } from "./prepare.ts";
import type { EvalContext, Session } from "./session.ts";
import { versionBelow } from "./versions.ts";

/** What a node is asked for: the request as it sees it, and the labels that its values will have. */
export interface Plan {
  readonly prepared: Prepared;
  readonly target: Coordinates;
}

/** Plans the evaluation of a node, or says which dimension is missing. */
export function planOf(node: Node, coordinates: Coordinates): Plan {
  if (!(coordinates instanceof Coordinates)) {
    const isGroup = Symbol.iterator in Object(coordinates);
    throw new CoordinateError(
      isGroup ? "eval takes Coordinates; for GroupCoordinates there is evalGroup" : "eval takes Coordinates",
    );
  }
  const prepared = prepareRequest(node.nativeCoordinates, node.udims, coordinates);
  return { prepared, target: node.outputCoordinates(prepared.request) };
}

/**
 * Evaluates a node, its inputs through the same session. Applies every rule of outputs but that of `output`; the answer of an
 * input, for which no other `values` are given, goes without provenance.
 */
export async function evaluateNode(
  node: Node,
  coordinates: Coordinates,
  session: Session,
  values?: (target: Coordinates) => Promise<UnitsDataArray>,
): Promise<UnitsDataArray> {
  session.signal?.throwIfAborted();
  const { prepared, target } = planOf(node, coordinates);
  const result = prepared.restore(await (values ? values(target) : valuesAt(node, target, session)));
  if (!values) return result;
  const version = await versionBelow(node, session);
  const params = session.params.get(node.identity);
  return result.with({
    attrs: {
      ...result.attrs,
      crs: result.coordinates.crs,
      ...(node.style !== undefined && { style: node.style }),
      ...(params && Object.keys(params).length > 0 && { params }),
      provenance: {
        definition: node.hash,
        ...(version && { sources: version.validator }),
        version: VERSION,
        time: new Date((session.environment.now ?? Date.now)()).toISOString(),
      },
    },
  });
}

/** The values of a node at labels of its own, from the cache where they are there. */
export function valuesAt(
  node: Node,
  target: Coordinates,
  session: Session,
  compute: (missing: Coordinates) => Promise<ComputedValues> = async (missing) => ({
    array: await computeAt(node, missing, session),
    keep: true,
  }),
): Promise<UnitsDataArray> {
  return cachedValues(node, target, session, compute);
}

/** Computes the values of a node, without looking into its cache. */
export async function computeAt(node: Node, target: Coordinates, session: Session): Promise<UnitsDataArray> {
  session.signal?.throwIfAborted();
  const context: EvalContext = {
    inputs: {},
    params: session.params.get(node.identity) ?? {},
    settings: { ...node.settingDefaults, ...session.environment.settings?.of(node.type) },
    positions: {},
    signal: session.signal,
    evaluate: (other, coordinates) => evaluateNode(other, coordinates, session),
  };
  const { monotonic = () => performance.now() } = session.environment;
  const started = monotonic();
  const result: unknown = await node.produce(target, context);
  remember(node.identity, monotonic() - started, target.size);
  const own = target.udims.filter((dim) => node.udims?.includes(dim));
  return withUnits(withDims(node.type, asArray(node.type, result), own), node.units);
}

/** In the units that the node declares: values without a unit get them, others are converted. */
function withUnits(result: UnitsDataArray, units: string | undefined): UnitsDataArray {
  if (units === undefined || result.units === units) return result;
  return result.units === undefined ? result.with({ units }) : result.to(units);
}

/**
 * Values of a node through the cache. A request is cut into blocks of bounded size, always in the same way; each is one
 * entry, found by the hash of its labels and computed by one of all who ask. A block that is not there takes what other
 * entries of the node have of its labels, and only the rest is computed.
 */
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { Node } from "../node/node.ts";
import type { Session } from "../node/session.ts";
import { assembled } from "./assembly.ts";
import { expiryOf } from "./expiry.ts";
import { NodeResults, type ResultKey } from "./node-results.ts";
import { decodeResult, encodeResult, headerOf } from "./result-codec.ts";
import { type Block, coordinatesOf, subtract, wholeBlock } from "./subtract.ts";

/** What was computed, and whether it may be kept. */
export interface ComputedValues {
  readonly array: UnitsDataArray;
  readonly keep: boolean;
}

type Compute = (coordinates: Coordinates) => Promise<ComputedValues>;

/** Points of one entry at most. */
const MOST_POINTS = 2 ** 20;

/** Values at labels of the node, from its cache where they are there. */
export async function cachedValues(
  node: Node,
  target: Coordinates,
  session: Session,
  compute: Compute,
): Promise<UnitsDataArray> {
  const environment = { ...session.environment, ...node.environment };
  const { cache, storeId = "nodes" } = environment;
  if (!cache || session.cache === "bypass" || !node.cacheOutput || target.size === 0)
    return (await compute(target)).array;
  const results = new NodeResults(node, cache, storeId);
  const path = await results.outputPath(session);
  const expiresAt = await expiryOf(node, results.store.storage.now(), session, environment.now);
  const entry = {
    results,
    path,
    expiresAt,
    compute,
    monotonic: environment.monotonic ?? (() => performance.now()),
  };
  if (target.size <= MOST_POINTS) return valuesOf(entry, target, session);
  const pieces: UnitsDataArray[] = [];
  for (const { coordinates } of target.chunks(blockShape(target.shape)))
    pieces.push(await valuesOf(entry, coordinates, session));
  return assembled(target, pieces);
}

interface Entry {
  readonly results: NodeResults;
  readonly path: ResultKey;
  readonly expiresAt: number;
  readonly compute: Compute;
  readonly monotonic: () => number;
}

async function valuesOf(entry: Entry, target: Coordinates, session: Session): Promise<UnitsDataArray> {
  const { results, path, compute, monotonic } = entry;
  const key: ResultKey = `${path}/${target.hash}`;
  let fresh: UnitsDataArray | undefined;
  const computed = async () => {
    const started = monotonic();
    const known = session.cache === "refresh" ? [] : await overlapping(results, path, key, target);
    const { array, keep } = await complete(target, known, compute);
    fresh = array;
    const bytes = encodeResult(array, { coordinates: target.definition, ...(!keep && { isPartial: true }) });
    const { storage } = results.store;
    return { bytes, cost: monotonic() - started, expiresAt: keep ? entry.expiresAt : storage.now() };
  };
  const name = { id: key, key: async () => key };
  const bytes = await (session.cache === "refresh"
    ? results.store.renew(name, computed, session.signal)
    : results.store.resolve(name, computed, session.signal));
  if (fresh) return fresh;
  const kept = arrayIn(bytes);
  if (kept) return kept;
  // What failed was told to whoever computed it alone, and what cannot be read is made anew for all.
  if (!isPartial(bytes)) await results.store.renew(name, computed, session.signal);
  return fresh ?? (await compute(target)).array;
}

/** The array that bytes hold; undefined where a part of it failed, and where they cannot be read. */
function arrayIn(bytes: Uint8Array): UnitsDataArray | undefined {
  try {
    const value = headerOf(bytes).isPartial ? undefined : decodeResult(bytes).value;
    return value instanceof UnitsDataArray ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPartial(bytes: Uint8Array): boolean {
  try {
    return headerOf(bytes).isPartial === true;
  } catch {
    return false;
  }
}

/** Values that the cache has, put together where need be; undefined where one is missing. */
export async function cachedOnly(
  node: Node,
  target: Coordinates,
  session: Session,
): Promise<UnitsDataArray | undefined> {
  const { whole, known, missing } = await lookedUp(node, target, session);
  if (whole) return whole;
  return missing.length === 0 && known.length > 0 ? assembled(target, known) : undefined;
}

/** How much of a request the cache has, from 0 to 1. */
export async function cachedShare(node: Node, target: Coordinates, session: Session): Promise<number> {
  const { whole, missing } = await lookedUp(node, target, session);
  if (whole) return 1;
  const points = missing.map((block) => block.reduce((product, { length }) => product * length, 1));
  return 1 - points.reduce((sum, count) => sum + count, 0) / target.size;
}

async function lookedUp(
  node: Node,
  target: Coordinates,
  session: Session,
): Promise<{
  readonly whole?: UnitsDataArray;
  readonly known: readonly UnitsDataArray[];
  readonly missing: readonly Block[];
}> {
  let missing: readonly Block[] = [wholeBlock(target)];
  const { cache, storeId = "nodes" } = { ...session.environment, ...node.environment };
  if (!cache) return { known: [], missing };
  const results = new NodeResults(node, cache, storeId);
  const path = await results.outputPath(session);
  const bytes = await results.store.get(`${path}/${target.hash}`);
  const whole = bytes && arrayIn(bytes);
  if (whole) return { whole, known: [], missing: [] };
  const known = await overlapping(results, path, "", target);
  for (const piece of known) missing = subtract(missing, target, piece.coordinates) ?? missing;
  return { known, missing };
}

/** A block out of what is known of it, and what must be computed. */
async function complete(
  target: Coordinates,
  known: readonly UnitsDataArray[],
  compute: Compute,
): Promise<ComputedValues> {
  let missing: Block[] = [wholeBlock(target)];
  const pieces: UnitsDataArray[] = [];
  for (const piece of known) {
    const left = subtract(missing, target, piece.coordinates);
    if (!left) continue;
    missing = left;
    pieces.push(piece);
  }
  if (pieces.length === 0) return compute(target);
  let keep = true;
  for (const block of missing) {
    const part = await compute(coordinatesOf(target, block));
    keep &&= part.keep;
    pieces.push(part.array);
  }
  return { array: assembled(target, pieces), keep };
}

/** What other entries have of a block, the newest last. Only values at the labels that were asked for can be cut out. */
async function overlapping(
  results: NodeResults,
  path: string,
  own: string,
  target: Coordinates,
): Promise<UnitsDataArray[]> {
  const known: UnitsDataArray[] = [];
  for (const { key } of await results.entriesInReach(path)) {
    if (key === own || !mayOverlap(key, target)) continue;
    const bytes = await results.store.get(key as ResultKey);
    const array = bytes && arrayIn(bytes);
    if (!array) continue;
    const { coordinates } = headerOf(bytes);
    const asked = coordinates && Coordinates.fromDefinition(coordinates);
    if (!asked || !array.coordinates.equals(asked)) continue;
    remember(key, array.coordinates);
    known.push(array);
  }
  return known;
}

/** The bounds of entries that were read once: an entry's labels never change, its name being their hash. */
const boundsOf = new Map<string, Readonly<Record<string, readonly [number, number]>>>();

function remember(key: string, { bounds }: Coordinates): void {
  if (boundsOf.size > 10_000) boundsOf.clear();
  boundsOf.set(key, bounds);
}

function mayOverlap(key: string, target: Coordinates): boolean {
  const theirs = boundsOf.get(key);
  if (!theirs) return true;
  return Object.entries(target.bounds).every(([name, [least, greatest]]) => {
    const other = theirs[name];
    return other !== undefined && least <= other[1] && greatest >= other[0];
  });
}

/** Halves the longest dimensions until a block is small enough. */
function blockShape(shape: readonly number[]): number[] {
  const block = [...shape];
  while (block.reduce((product, length) => product * length, 1) > MOST_POINTS) {
    const longest = block.indexOf(Math.max(...block));
    block[longest] = Math.ceil((block[longest] as number) / 2);
  }
  return block;
}

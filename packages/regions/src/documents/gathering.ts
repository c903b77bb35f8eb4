import type { LogSet } from "../log/log-set.ts";
import { compareVersions } from "../version.ts";
import { type DocumentOperation, isPresent, type Json, withoutRepeated } from "./document.ts";

/** Which documents are gathered, and from where on. */
export interface Wanted {
  readonly prefix: string;
  readonly meta: Readonly<Record<string, Json>>;
  /** Keys behind this one; `undefined` for all. */
  readonly after: string | undefined;
}

/** Documents in order of their keys, up to one of them. */
export interface Gathered {
  readonly documents: readonly DocumentOperation[];
  /** The key up to which these are all that there are; `undefined` where that is the end. */
  readonly bound: string | undefined;
}

/** Bytes of an operation besides its key and meta, roughly. */
const OVERHEAD = 300;

/**
 * Reads the last operation on every key of every log once, without the values, and gathers the documents that come first.
 * No more than twice `maxBytes` is held meanwhile, and `maxBytes` of what it resolves to, but one document at least.
 */
export async function gather(
  logs: Pick<LogSet<DocumentOperation>, "streams" | "last">,
  { prefix, meta, after }: Wanted,
  now: number,
  maxBytes: number,
): Promise<Gathered> {
  const byKey = new Map<string, DocumentOperation[]>();
  let bytes = 0;
  let bound: string | undefined;
  for (const stream of logs.streams.keys())
    for await (const operation of logs.last(stream)) {
      const { key } = operation;
      if (!key.startsWith(prefix) || (after !== undefined && key <= after)) continue;
      if (bound !== undefined && key > bound) continue;
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, [operation]);
      else known.push(operation);
      bytes += bytesOf(operation);
      if (bytes > 2 * maxBytes) [bound, bytes] = keepFirst(byKey, maxBytes);
    }
  const documents: DocumentOperation[] = [];
  for (const operations of byKey.values()) {
    const [latest] = withoutRepeated(operations, (it) => it).sort((a, b) => compareVersions(b, a));
    if (latest !== undefined && isPresent(latest, now) && matches(latest.meta ?? {}, meta))
      documents.push(latest);
  }
  documents.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { documents, bound };
}

/** Lets go of what does not come first; the last key that stays, and the bytes of all that do. */
function keepFirst(byKey: Map<string, DocumentOperation[]>, maxBytes: number): [string, number] {
  const [first = "", ...others] = [...byKey.keys()].sort((a, b) => (a < b ? -1 : 1));
  const bytesAt = (key: string) => (byKey.get(key) ?? []).reduce((sum, it) => sum + bytesOf(it), 0);
  let bound = first;
  let bytes = bytesAt(first);
  let isOver = false;
  for (const key of others) {
    const more = bytesAt(key);
    isOver ||= bytes + more > maxBytes;
    if (isOver) byKey.delete(key);
    else [bound, bytes] = [key, bytes + more];
  }
  return [bound, bytes];
}

function bytesOf({ key, meta }: DocumentOperation): number {
  return OVERHEAD + 2 * key.length + (meta === undefined ? 0 : 2 * JSON.stringify(meta).length);
}

/** Whether an object has members of these values; those that are objects are compared as JSON. */
function matches(meta: Readonly<Record<string, Json>>, wanted: Readonly<Record<string, Json>>): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => JSON.stringify(meta[name]) === JSON.stringify(value),
  );
}

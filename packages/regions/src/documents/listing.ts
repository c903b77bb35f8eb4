import type { LogSet } from "../log/log-set.ts";
import { compareVersions, formatVersion } from "../version.ts";
import {
  type DocumentInfo,
  type DocumentOperation,
  isPresent,
  type Json,
  withoutRepeated,
} from "./document.ts";
import type { ListOptions } from "./document-options.ts";

const DEFAULT_LIMIT = 100;

/** A page of documents by key. Reads the last operation on every key of every log once, without the values. */
export async function listDocuments(
  logs: LogSet<DocumentOperation>,
  options: ListOptions,
  now: number,
): Promise<{ readonly documents: readonly DocumentInfo[]; readonly cursor: string | undefined }> {
  const { prefix = "", meta = {}, limit = DEFAULT_LIMIT, cursor } = options;
  const byKey = new Map<string, DocumentOperation[]>();
  for (const stream of logs.streams.keys())
    for await (const operation of logs.last(stream)) {
      if (!operation.key.startsWith(prefix) || (cursor !== undefined && operation.key <= cursor)) continue;
      const known = byKey.get(operation.key);
      if (known === undefined) byKey.set(operation.key, [operation]);
      else known.push(operation);
    }
  const found: DocumentOperation[] = [];
  for (const operations of byKey.values()) {
    const [latest] = withoutRepeated(operations, (it) => it).sort((a, b) => compareVersions(b, a));
    if (latest !== undefined && isPresent(latest, now) && matches(latest.meta ?? {}, meta))
      found.push(latest);
  }
  found.sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = found.slice(0, limit);
  return {
    documents: page.map(infoOf),
    cursor: found.length > limit ? page.at(-1)?.key : undefined,
  };
}

function infoOf(operation: DocumentOperation): DocumentInfo {
  const { key, expiresAt, meta = {}, size = 0, region } = operation;
  return { key, version: formatVersion(operation), expiresAt, meta, size, region };
}

/** Whether an object has members of these values; those that are objects are compared as JSON. */
function matches(meta: Readonly<Record<string, Json>>, wanted: Readonly<Record<string, Json>>): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => JSON.stringify(meta[name]) === JSON.stringify(value),
  );
}

import type { Database, RootDatabase } from "lmdb";
import { orderKeys } from "./order-key.ts";

/** The four tables of an index, see `lmdb-store-index.ts` for what is in them. */
export interface IndexTables {
  readonly root: RootDatabase<Buffer, string>;
  /** Part id → entry. */
  readonly entries: Database<Buffer, string>;
  /** Rank and statistics → part id, lowest rank first. */
  readonly order: Database<Buffer, Uint8Array>;
  /** Random part of a token → what is charged for it. */
  readonly names: Database<Buffer, Uint8Array>;
  /** Everything small: head, claims, intents, marks, cuts, changes, stores. */
  readonly state: Database<Buffer, string>;
}

/** Longest part id that is kept; LMDB's keys end at 1978 bytes and some have something before or behind the id. */
const MAX_ID_BYTES = 1900;

/** Text keys as UTF-8, so that their order is the order of bytes and a prefix is a range. */
const textKeys = {
  writeKey: writeText,
  readKey: (target: Buffer, start: number, end: number): string => target.toString("utf8", start, end),
};

/** Writes a key; most are short and plain, for which `Buffer.write` takes a tenth of a look-up. */
function writeText(key: string, target: Buffer, start: number): number {
  const { length } = key;
  for (let i = 0; i < length; i++) {
    const code = key.charCodeAt(i);
    if (code > 0x7f) return start + target.write(key, start);
    target[start + i] = code;
  }
  return start + length;
}

/** Opens the tables of an environment. */
export function openTables(root: RootDatabase<Buffer, string>): IndexTables {
  const text = { encoding: "binary", keyEncoder: textKeys } as const;
  const order = { encoding: "binary", keyEncoder: orderKeys } as const;
  const binary = { encoding: "binary", keyEncoding: "binary" } as const;
  return {
    root,
    entries: root.openDB<Buffer, string>("entries", text),
    order: root.openDB<Buffer, Uint8Array>("order", order),
    names: root.openDB<Buffer, Uint8Array>("names", binary),
    state: root.openDB<Buffer, string>("state", text),
  };
}

/** Whether a part id is short enough to be a key. */
export function fitsKey(id: string): boolean {
  return id.length * 3 <= MAX_ID_BYTES || Buffer.byteLength(id) <= MAX_ID_BYTES;
}

/** Whether a part id is of a range. */
export function isRange(id: string): boolean {
  return !id.endsWith("\n");
}

/** The first text behind all that begin with `prefix`. */
export function behindPrefix(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}

/** A number that sorts as text. */
export function sortable(value: number): string {
  return value.toString(16).padStart(13, "0");
}

/** Reads JSON from a small record. */
export function getJson<T>(state: Database<Buffer, string>, key: string): T | undefined {
  const bytes = state.getBinaryFast(key);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as T);
}

/** Writes JSON into a small record. */
export function putJson(state: Database<Buffer, string>, key: string, value: unknown): void {
  void state.put(key, Buffer.from(JSON.stringify(value)));
}

/** Keys of a table that begin with `prefix`, at most `limit`, beginning behind `after` where it is given. */
export function keysUnder(
  table: Database<Buffer, string>,
  prefix: string,
  limit: number,
  after?: string,
): string[] {
  const keys: string[] = [];
  const start = after ?? prefix;
  const options = { start, end: behindPrefix(prefix), exclusiveStart: after !== undefined };
  for (const key of table.getKeys(limit < Number.MAX_SAFE_INTEGER ? { ...options, limit } : options))
    keys.push(key);
  return keys;
}

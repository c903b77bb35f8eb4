import type { Operation } from "../log/operation.ts";
import type { Version } from "../version.ts";

/** JSON of any shape. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a namespace of documents holds: JSON, parsed for you, or UTF-8 text, as it was put. */
export type DocumentMode = "json" | "text";

/** A document as it is now. */
export interface StoredDocument {
  readonly key: string;
  /** JSON or text, by the mode of the namespace. */
  readonly value: Json;
  /** Names this state of the document; later ones compare as later in every region. */
  readonly version: string;
  /** Milliseconds since 1970; `undefined` for never. The same instant in every region. */
  readonly expiresAt: number | undefined;
  /** What was put beside it, for lists and filters. */
  readonly meta: Readonly<Record<string, Json>>;
}

/** What a list tells of a document. */
export type DocumentInfo = Omit<StoredDocument, "value"> & {
  /** Bytes of the value; 0 for a reference. */
  readonly size: number;
  /** The region that wrote it. */
  readonly region: string;
};

/** A change of a document, as `watch` tells it. */
export type DocumentChange =
  | { readonly type: "put"; readonly document: StoredDocument }
  | { readonly type: "delete"; readonly key: string; readonly version: string }
  /** It was put, and its value cannot be had here at present, or is not what the mode says. */
  | { readonly type: "unreadable"; readonly key: string; readonly version: string; readonly error: unknown };

/** What is logged of a document; its value is the body of the message. */
export interface DocumentOperation extends Operation {
  readonly key: string;
  /** The key is gone. */
  readonly deleted?: true;
  /** Bytes of the value. */
  readonly size?: number;
  readonly expiresAt?: number;
  readonly meta?: Readonly<Record<string, Json>>;
  /** The value is what this address answers; it is fetched by the reader. */
  readonly url?: string;
  /** The value is in the tiers of the cache, under this key of theirs. */
  readonly held?: string;
  /** Messages that this one was written over, the latest first. Wherever they are repeated, they count no more. */
  readonly replaced?: readonly string[];
}

/** Leaves out operations that repeat a message which another one was written over. */
export function withoutRepeated<T>(all: readonly T[], operationOf: (it: T) => DocumentOperation): T[] {
  const replaced = new Set(all.flatMap((it) => operationOf(it).replaced ?? []));
  return all.filter((it) => !replaced.has(operationOf(it).id));
}

/** Whether there is a document after this operation, at this time. */
export function isPresent(operation: DocumentOperation, now: number): boolean {
  return operation.deleted !== true && (operation.expiresAt ?? Number.POSITIVE_INFINITY) > now;
}

/** A write that another one, of another region that did not know of it, has replaced. */
export interface SupersededWrite {
  readonly key: string;
  readonly lost: Version;
  readonly won: Version;
}

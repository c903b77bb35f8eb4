import type { Key } from "../key.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { RangeQuery } from "../range.ts";

/** The reading half of a source, which is all that the wrappers of this folder touch. A `Map` is one. */
export interface ReadableSource {
  get(key: Key, options?: { readonly signal?: AbortSignal }): MaybePromise<Uint8Array | undefined>;
  getRange?(
    key: Key,
    range: RangeQuery,
    options?: { readonly signal?: AbortSignal },
  ): MaybePromise<Uint8Array | undefined>;
}

/** One read, as a wrapper sees it before it hands it on. */
export interface SourceRead {
  readonly operation: "get" | "getRange";
  readonly key: Key;
  readonly range: RangeQuery | undefined;
  readonly signal: AbortSignal | undefined;
  readonly work: () => MaybePromise<Uint8Array | undefined>;
}

/** The same source, whose reads go through `read`, with some members added. Its own `read` is hidden: a cache would go past us. */
export function interceptReads<S extends ReadableSource, M extends object>(
  source: S,
  members: M,
  read: (read: SourceRead) => MaybePromise<Uint8Array | undefined>,
): S & M {
  type Options = { readonly signal?: AbortSignal } | undefined;
  const get = (key: Key, options: Options) =>
    read({
      operation: "get",
      key,
      range: undefined,
      signal: options?.signal,
      work: () => source.get(key, options),
    });
  const getRange = (key: Key, range: RangeQuery, options: Options) =>
    read({
      operation: "getRange",
      key,
      range,
      signal: options?.signal,
      work: () => source.getRange?.(key, range, options),
    });
  // A stand-in as the target, since a proxy must not answer otherwise for the members of a frozen object.
  return new Proxy(Object.create(Object.getPrototypeOf(source)) as object, {
    get(_, name) {
      if (name in members) return Reflect.get(members, name);
      if (name === "read") return undefined;
      const member: unknown = Reflect.get(source, name, source);
      if (typeof member !== "function") return member;
      if (name === "get") return get;
      if (name === "getRange") return getRange;
      return member.bind(source);
    },
    has: (_, name) => name in members || (name !== "read" && name in source),
  }) as S & M;
}

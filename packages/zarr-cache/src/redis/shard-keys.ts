import type { Part } from "../part.ts";

/** The keys of one shard in Redis; all have one hash tag, so a script that is given them stays within one slot. */
export interface ShardKeys {
  /** In the order in which every script is given them, see `lua/books.ts`. */
  readonly all: readonly string[];
  readonly entries: string;
  readonly claims: string;
  /** Claims' waiters are told on a channel of this name. */
  readonly state: string;
  readonly books: string;
  readonly queue: string;
  readonly ranks: readonly string[];
  readonly cuts: string;
  /** Invalidations, for tiers above. Only shard 0 has it. */
  readonly stream: string;
  /** Where the answer of an operation is kept for a moment, in case it is sent twice. */
  replyOf(nonce: string): string;
}

const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** Tells namespaces that are safe inside a hash tag. */
export function isNamespace(namespace: unknown): namespace is string {
  return typeof namespace === "string" && NAMESPACE.test(namespace);
}

/** Names the keys of a shard. */
export function keysOfShard(namespace: string, shard: number): ShardKeys {
  const key = (name: string) => `{zc:${namespace}:${shard}}:${name}`;
  const [entries, ranks, claims, state] = [key("e"), key("r"), key("c"), key("t")];
  const [books, queue, rebased, cuts] = [key("g"), key("q"), key("r2"), key("x")];
  return {
    all: [entries, ranks, claims, state, books, queue, rebased, cuts],
    entries,
    claims,
    state,
    books,
    queue,
    ranks: [ranks, rebased],
    cuts,
    stream: key("s"),
    replyOf: (nonce) => key(`o:${nonce}`),
  };
}

/** The shard of a key: all its parts share it. FNV-1a over the store id and the key. */
export function shardOf({ storeId, key }: Pick<Part, "storeId" | "key">, shards: number): number {
  if (shards === 1) return 0;
  let hash = 0x811c9dc5;
  for (const text of [storeId, key])
    for (let i = 0; i <= text.length; i++)
      // A line break ends each text, as in a part's id.
      hash = Math.imul(hash ^ (i < text.length ? text.charCodeAt(i) : 10), 0x01000193);
  return (hash >>> 0) % shards;
}

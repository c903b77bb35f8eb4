const SHARDS = 512;

/**
 * A map from strings to numbers that never pauses for long: it is split into small maps by a hash of the key's end,
 * so that growing one re-hashes a few thousand keys, not ten million.
 */
export class ShardedMap {
  readonly #shards: (Map<string, number> | undefined)[] = new Array(SHARDS).fill(undefined);

  get(key: string): number | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  set(key: string, value: number): void {
    const shard = shardOf(key);
    const map = this.#shards[shard];
    if (map === undefined) this.#shards[shard] = new Map([[key, value]]);
    else map.set(key, value);
  }

  delete(key: string): void {
    this.#shards[shardOf(key)]?.delete(key);
  }
}

function shardOf(key: string): number {
  // Zarr keys differ at their end; the length spreads what repeats there.
  let hash = key.length;
  for (let i = Math.max(0, key.length - 12); i < key.length; i++)
    hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 9)) & (SHARDS - 1);
}

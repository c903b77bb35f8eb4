import type { Random } from "../../src/testing/random.ts";

/** A sharded array of version 3 (ZEP 2), made up: where each of its inner chunks lies, and what is in it. */
export interface ShardedArray {
  /** Keys and values, metadata included. */
  readonly values: ReadonlyMap<string, Uint8Array>;
  readonly chunks: readonly InnerChunk[];
  /** Bytes of the index of a shard. */
  readonly indexBytes: number;
}

/** Where an inner chunk lies, and the value of its first element; each other is one more than the one before. */
export interface InnerChunk {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  readonly first: number;
}

/** Makes an array of int32 in shards; the chunks of each lie in random order, with random gaps of up to so many bytes. */
export function shardedArray(
  random: Random,
  { shards, chunksPerShard, elements, gap }: Record<"shards" | "chunksPerShard" | "elements" | "gap", number>,
): ShardedArray {
  const values = new Map<string, Uint8Array>([["/zarr.json", metadata(shards, chunksPerShard, elements)]]);
  const chunks: InnerChunk[] = [];
  const length = elements * 4;
  for (let shard = 0; shard < shards; shard++) {
    const key = `/c/${shard}`;
    const places = shuffled(random, chunksPerShard);
    const offsets = new Map<number, number>();
    let end = 0;
    for (const place of places) {
      end += random.below(gap + 1);
      offsets.set(place, end);
      end += length;
    }
    const bytes = new Uint8Array(end + chunksPerShard * 16).fill(0xee);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < chunksPerShard; at++) {
      const offset = offsets.get(at) as number;
      const first = (shard * chunksPerShard + at) * elements;
      for (let i = 0; i < elements; i++) view.setInt32(offset + 4 * i, first + i, true);
      view.setBigUint64(end + 16 * at, BigInt(offset), true);
      view.setBigUint64(end + 16 * at + 8, BigInt(length), true);
      chunks.push({ key, offset, length, first });
    }
    values.set(key, bytes);
  }
  return { values, chunks, indexBytes: chunksPerShard * 16 };
}

function metadata(shards: number, chunksPerShard: number, elements: number): Uint8Array {
  const codecs = [{ name: "bytes", configuration: { endian: "little" } }];
  const sharding = { chunk_shape: [elements], codecs, index_codecs: codecs, index_location: "end" };
  return new TextEncoder().encode(
    JSON.stringify({
      zarr_format: 3,
      node_type: "array",
      shape: [shards * chunksPerShard * elements],
      data_type: "int32",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [chunksPerShard * elements] } },
      chunk_key_encoding: { name: "default" },
      fill_value: 0,
      codecs: [{ name: "sharding_indexed", configuration: sharding }],
      attributes: {},
    }),
  );
}

/** The numbers from 0 in random order (Fisher and Yates). */
function shuffled(random: Random, count: number): number[] {
  const numbers = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [numbers[at], numbers[other]] = [numbers[other] as number, numbers[at] as number];
  }
  return numbers;
}

/** Side of the array, of a shard and of an inner chunk, in elements of four bytes. */
const [SIDE, SHARD, CHUNK] = [2048, 1024, 128] as const;
const PER_SHARD = SHARD / CHUNK;
const CHUNK_BYTES = CHUNK * CHUNK * 4;
const INDEX_BYTES = PER_SHARD ** 2 * 16;

/** Rows, and columns, of the view that is read: it touches chunks in every shard, and none of them wholly. */
export const VIEW = [400, 1700] as const;

/** Makes an array of int32 in four shards of 64 inner chunks of 64 KiB; a value is its row times the side plus its column. */
export function makeShardedArray(): ReadonlyMap<string, Uint8Array> {
  const codecs = [{ name: "bytes", configuration: { endian: "little" } }];
  const sharding = { chunk_shape: [CHUNK, CHUNK], codecs, index_codecs: codecs, index_location: "end" };
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [SIDE, SIDE],
    data_type: "int32",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [SHARD, SHARD] } },
    chunk_key_encoding: { name: "default" },
    fill_value: 0,
    codecs: [{ name: "sharding_indexed", configuration: sharding }],
    attributes: {},
  };
  const values = new Map<string, Uint8Array>([
    ["/zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
  ]);
  for (let row = 0; row < SIDE / SHARD; row++)
    for (let column = 0; column < SIDE / SHARD; column++)
      values.set(`/c/${row}/${column}`, makeShard(row * SHARD, column * SHARD));
  return values;
}

function makeShard(top: number, left: number): Uint8Array {
  const bytes = new Uint8Array(PER_SHARD ** 2 * CHUNK_BYTES + INDEX_BYTES);
  const elements = new Int32Array(bytes.buffer, 0, PER_SHARD ** 2 * CHUNK * CHUNK);
  const index = new BigUint64Array(bytes.buffer, PER_SHARD ** 2 * CHUNK_BYTES);
  for (let chunk = 0; chunk < PER_SHARD ** 2; chunk++) {
    index[2 * chunk] = BigInt(chunk * CHUNK_BYTES);
    index[2 * chunk + 1] = BigInt(CHUNK_BYTES);
    const row = top + Math.floor(chunk / PER_SHARD) * CHUNK;
    const column = left + (chunk % PER_SHARD) * CHUNK;
    for (let y = 0; y < CHUNK; y++)
      for (let x = 0; x < CHUNK; x++)
        elements[chunk * CHUNK * CHUNK + y * CHUNK + x] = (row + y) * SIDE + column + x;
  }
  return bytes;
}

/** Bytes that the view cannot do without: metadata, the index of each shard, and the chunks that it touches. */
export function neededBytes(values: ReadonlyMap<string, Uint8Array>): number {
  const along = Math.ceil(VIEW[1] / CHUNK) - Math.floor(VIEW[0] / CHUNK);
  const shards = (SIDE / SHARD) ** 2;
  return (values.get("/zarr.json")?.byteLength ?? 0) + shards * INDEX_BYTES + along ** 2 * CHUNK_BYTES;
}

/** Throws unless these are the values of the view. */
export function assertView(data: Int32Array): void {
  const width = VIEW[1] - VIEW[0];
  if (data.length !== width ** 2) throw new Error(`The view has ${data.length} values`);
  for (let at = 0; at < data.length; at += 97) {
    const expected = (VIEW[0] + Math.floor(at / width)) * SIDE + VIEW[0] + (at % width);
    if (data[at] !== expected) throw new Error(`Value ${at} of the view is ${data[at]}, not ${expected}`);
  }
}

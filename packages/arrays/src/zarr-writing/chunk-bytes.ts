import { dtypeOf, zeros } from "../array/dtype.ts";
import { eachRow, type NumericData, stridesOf } from "../array/strided.ts";
import { type StoredArray, widthOf, type ZarrFormat } from "./array-document.ts";

/** The bytes of one chunk: little-endian, in C order, padded to the full chunk, compressed where the array says so. */
export async function chunkBytes(
  array: StoredArray,
  chunk: readonly number[],
  format: ZarrFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const plain =
    array.dtype === "string" ? nameBytes(array.data as readonly string[], format) : numberBytes(array, chunk);
  if (!array.gzip) return plain;
  const stream = new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function numberBytes(
  { data, dtype, shape, chunks }: StoredArray,
  chunk: readonly number[],
): Uint8Array<ArrayBuffer> {
  const size = chunks.reduce((product, length) => product * length, 1);
  const values = data instanceof BigInt64Array ? new BigInt64Array(size) : zeros(dtype as "float64", size);
  if (!(values instanceof BigInt64Array) && dtypeOf(values).startsWith("float")) values.fill(Number.NaN);
  const start = chunk.map((at, dim) => at * (chunks[dim] as number));
  const part = chunks.map((length, dim) => Math.min(length, (shape[dim] as number) - (start[dim] as number)));
  const stride = stridesOf(shape);
  const from = start.reduce((offset, at, dim) => offset + at * (stride[dim] as number), 0);
  eachRow(part, [stridesOf(chunks), stride], [0, from], (length, [o, p], [os, ps]) => {
    for (
      let i = 0, to = o as number, at = p as number;
      i < length;
      i++, to += os as number, at += ps as number
    )
      (values as NumericData)[to] = data[at] as number;
  });
  return new Uint8Array(values.buffer);
}

/** Version 2: UTF-32, each name as wide as the longest. Version 3: the codec `vlen-utf8`, lengths before names. */
function nameBytes(names: readonly string[], format: ZarrFormat): Uint8Array<ArrayBuffer> {
  if (format === 2) {
    const width = widthOf(names);
    const codes = new Uint32Array(names.length * width);
    for (const [at, name] of names.entries())
      for (const [place, character] of [...name].entries())
        codes[at * width + place] = character.codePointAt(0) ?? 0;
    return new Uint8Array(codes.buffer);
  }
  const encoded = names.map((name) => new TextEncoder().encode(name));
  const bytes = new Uint8Array(encoded.reduce((total, { length }) => total + 4 + length, 4));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, names.length, true);
  let at = 4;
  for (const name of encoded) {
    view.setUint32(at, name.length, true);
    bytes.set(name, at + 4);
    at += 4 + name.length;
  }
  return bytes;
}

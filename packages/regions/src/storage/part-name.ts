import type { Part } from "zarr-cache";

const RANGE = /^(?:(\d{1,16})\+(\d{1,16})|-(\d{1,16}))$/;

/** The inverse of `partId` of zarr-cache; `undefined` for a text that it did not make. */
export function partOf(id: string): Part | undefined {
  const [storeId, key, range, ...rest] = id.split("\n");
  if (!storeId || !key || range === undefined || rest.length > 0) return undefined;
  if (range === "") return { storeId, key };
  const [, offset, length, suffix] = RANGE.exec(range) ?? [];
  if (suffix !== undefined) return { storeId, key, range: { suffixLength: Number(suffix) } };
  if (offset === undefined || length === undefined) return undefined;
  return { storeId, key, range: { offset: Number(offset), length: Number(length) } };
}

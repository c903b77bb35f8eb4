import { createHash } from "node:crypto";
import * as zarr from "zarrita";
import type { Reading } from "./reading.ts";

/** Reads one after the other and hashes the decoded values of each; an array is opened once. */
export async function readAll(
  readings: readonly Reading[],
  storeOf: (name: string) => zarr.Readable,
  onRead: (done: number) => void,
): Promise<string[]> {
  const arrays = new Map<string, Promise<zarr.Array<zarr.DataType>>>();
  const open = ({ store, array }: Reading) =>
    zarr.open(zarr.root(storeOf(store)).resolve(array), { kind: "array" });

  const hashes: string[] = [];
  for (const reading of readings) {
    const name = `${reading.store}/${reading.array}`;
    const opened = arrays.get(name) ?? open(reading);
    arrays.set(name, opened);
    const selection = reading.selection.map((part) =>
      Array.isArray(part) ? zarr.slice(part[0], part[1]) : part,
    );
    hashes.push(hashOf(await zarr.get(await opened, selection as (number | zarr.Slice | null)[])));
    onRead(hashes.length);
  }
  return hashes;
}

/** Hashes decoded values, whatever their type: numbers by their bytes, texts and objects as JSON. */
function hashOf(values: unknown): string {
  const hash = createHash("sha256");
  const data = typeof values === "object" && values !== null && "data" in values ? values.data : values;
  if (ArrayBuffer.isView(data)) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  else hash.update(JSON.stringify(isIterable(data) ? [...data] : data, (_, value) => textOf(value)) ?? "");
  return hash.digest("hex");
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function textOf(value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

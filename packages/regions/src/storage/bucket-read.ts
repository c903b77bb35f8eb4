import { crc32 } from "node:zlib";
import type { Part, StoredBytes } from "zarr-cache";
import { TransferError } from "../errors.ts";
import type { PartOperation } from "./part-operation.ts";
import type { ReadableBucket, WayOptions } from "./ways.ts";

/**
 * Reads the bytes of a part out of the bucket of another region. Resolves to `undefined` where they are gone, and rejects
 * with `TransferError` where they do not come in time or are not what was announced.
 */
export async function readFromBucket(
  bucket: ReadableBucket,
  part: Part,
  stored: StoredBytes,
  { region, size, crc32: announced }: PartOperation,
  options: WayOptions,
): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await before(options, bucket.read(part, stored));
  } catch (error) {
    throw new TransferError(region, "has a bucket that did not hand over what it holds", { cause: error });
  }
  if (bytes !== undefined && (bytes.byteLength !== size || crc32(bytes) !== announced))
    throw new TransferError(region, "has other bytes in its bucket than it announced");
  return bytes;
}

/** Waits for something, as long as a transfer may take; what comes later is dropped. */
export function before<T>({ timeout, signal: outer }: WayOptions, coming: Promise<T>): Promise<T> {
  const signal = AbortSignal.any([AbortSignal.timeout(timeout), outer]);
  return new Promise<T>((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    coming.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

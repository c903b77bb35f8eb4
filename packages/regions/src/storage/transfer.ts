import { crc32 } from "node:zlib";
import { TransferError } from "../errors.ts";
import type { PartOperation } from "./part-operation.ts";

/** How bytes are asked for. */
export interface TransferOptions {
  readonly fetch: typeof fetch;
  readonly token: string | undefined;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Fetches the bytes of a part from a member of another region. Resolves to `undefined` where that region has them no
 * longer, and rejects with `TransferError` where they do not come in time or are not what was announced.
 */
export async function transferPart(
  url: string,
  { part, region, size, crc32: announced }: PartOperation,
  { fetch: fetcher, token, timeout, signal }: TransferOptions,
): Promise<Uint8Array | undefined> {
  const [storeId = "", key = "", range = ""] = part.split("\n");
  const query = new URLSearchParams({ storeId, key, range });
  let answer: Response;
  let bytes: Uint8Array;
  try {
    answer = await fetcher(`${partsOf(url)}?${query}`, {
      redirect: "error",
      signal: AbortSignal.any([AbortSignal.timeout(timeout), signal]),
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new TransferError(region, `answered with status ${answer.status}`);
    bytes = await bodyOf(answer, size);
  } catch (error) {
    if (error instanceof TransferError) throw error;
    throw new TransferError(region, "did not hand over what it holds", { cause: error });
  }
  if (bytes.byteLength !== size || crc32(bytes) !== announced)
    throw new TransferError(region, "handed over other bytes than it announced");
  return bytes;
}

/** Asks a member for nothing, and resolves with its answer, whatever that is. */
export async function askForNothing(
  url: string,
  { fetch: fetcher, timeout, signal }: TransferOptions,
): Promise<void> {
  const answer = await fetcher(partsOf(url), {
    method: "OPTIONS",
    redirect: "error",
    signal: AbortSignal.any([AbortSignal.timeout(timeout), signal]),
  });
  await answer.body?.cancel();
}

function partsOf(url: string): string {
  return `${url.replace(/\/$/, "")}/parts`;
}

/** Reads a body into bytes of their own, and no more of it than was announced. */
async function bodyOf(answer: Response, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of answer.body ?? []) {
    if (filled + chunk.byteLength > size) return new Uint8Array(0);
    bytes.set(chunk, filled);
    filled += chunk.byteLength;
  }
  return filled === size ? bytes : new Uint8Array(0);
}

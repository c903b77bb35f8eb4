import type { Readable } from "node:stream";

/** The body of an answer as the SDK gives it in Node. */
export type ObjectBody = Pick<Readable, "on" | "destroy">;

/** An answer is not what was asked for: another length, another range, the whole instead of a range. */
export class WrongAnswerError extends Error {
  override readonly name = "WrongAnswerError";
  /** Whether the same request may bring the right one. */
  readonly mayPass: boolean;

  constructor(message: string, mayPass = false) {
    super(message);
    this.mayPass = mayPass;
  }
}

/** The bucket itself says that an object is not of the length that was written. */
export class WrongLengthError extends Error {
  override readonly name = "WrongLengthError";

  constructor(wanted: number, found: number) {
    super(`has ${found} instead of ${wanted} bytes`);
  }
}

/** A body brought more or less than was announced. */
function wrongBody(wanted: number, found: number | "more"): WrongAnswerError {
  return new WrongAnswerError(`came with ${found} instead of ${wanted} bytes`);
}

/**
 * Reads a body into buffers that it fills exactly, one after the other: no copy is made but the one into place.
 * Throws {@link WrongAnswerError} when there is more or less; whatever remains is not read.
 */
export async function readExactly(
  body: ObjectBody | undefined,
  buffers: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let found = 0;
  const stop = () => body?.destroy(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await chunksOf(body, (chunk) => {
      if (found + chunk.byteLength > wanted) throw wrongBody(wanted, "more");
      put(chunk, buffers, found);
      found += chunk.byteLength;
    });
    signal.throwIfAborted();
    if (found < wanted) throw wrongBody(wanted, found);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Gives up a body that is not going to be read, and the connection with it. */
export function dropBody(body: ObjectBody | undefined): void {
  body?.destroy();
}

/** Calls back with every chunk. By events, since an asynchronous iterator costs as much again as the copying. */
function chunksOf(body: ObjectBody | undefined, onChunk: (chunk: Uint8Array) => void): Promise<void> {
  if (body === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      reject(error as Error);
      body.destroy();
    };
    body.on("error", fail);
    body.on("close", () => fail(Object.assign(new Error("the body broke off"), { code: "ECONNRESET" })));
    body.on("end", resolve);
    body.on("data", (chunk: Uint8Array) => {
      try {
        onChunk(chunk);
      } catch (error) {
        fail(error);
      }
    });
  });
}

function put(chunk: Uint8Array, buffers: readonly Uint8Array[], at: number): void {
  let from = 0;
  let start = 0;
  for (const buffer of buffers) {
    const place = at + from - start;
    if (from < chunk.byteLength && place < buffer.byteLength) {
      const part = chunk.subarray(from, from + buffer.byteLength - place);
      buffer.set(part, place);
      from += part.byteLength;
    }
    start += buffer.byteLength;
  }
}

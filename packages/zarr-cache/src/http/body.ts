import { AttemptFailure } from "./attempt-failure.ts";
import { orAbort } from "./linked-abort.ts";

/** Bodies that are of no use are read to their end up to here, which keeps the connection for the next request. */
const WORTH_DRAINING = 65_536;

/** A body grows into a buffer of this size first, where its length is not known. */
const FIRST_BYTES = 65_536;

/** A length that a server names is believed up to here before the bytes come. */
const MOST_BELIEVED = 64 * 2 ** 20;

/** How long a body must be. */
export interface BodyBounds {
  /** Exactly so many bytes. */
  readonly exact?: number | undefined;
  readonly most: number;
}

/**
 * Reads a body to its end into bytes that own their buffer, and calls back as bytes come.
 * Fails when it is shorter than it must be, which another attempt may mend, or longer, as soon as that is known.
 */
export async function readBody(
  response: Response,
  bounds: BodyBounds,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<Uint8Array> {
  const { exact, most } = bounds;
  const bound = exact ?? most;
  if (bound > most) throw tooLong(response, most);
  let bytes = new Uint8Array(Math.min(exact ?? FIRST_BYTES, MOST_BELIEVED));
  let filled = 0;
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined) {
      const { done, value } = await orAbort(reader.read(), signal);
      if (done) break;
      onProgress();
      const needed = filled + value.byteLength;
      if (needed > bound) throw exact === undefined ? tooLong(response, most) : tooMany(response, exact);
      if (needed > bytes.byteLength) {
        const larger = new Uint8Array(Math.min(bound, Math.max(needed, bytes.byteLength * 2)));
        larger.set(bytes.subarray(0, filled));
        bytes = larger;
      }
      bytes.set(value, filled);
      filled = needed;
    }
  } catch (error) {
    reader?.cancel().catch(() => {});
    throw error;
  }
  if (exact !== undefined && filled < exact)
    throw new AttemptFailure(`the answer ended after ${filled} of ${exact} bytes`, {
      retry: true,
      status: response.status,
    });
  return filled === bytes.byteLength ? bytes : bytes.slice(0, filled);
}

/** Does away with a body that nobody wants. Never rejects but for the abort. */
export async function discardBody(response: Response, signal: AbortSignal): Promise<void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (let drained = 0; drained <= WORTH_DRAINING; ) {
      const { done, value } = await orAbort(reader.read(), signal);
      if (done) return;
      drained += value.byteLength;
    }
  } catch {
    // What is wrong with a body that is thrown away does not matter.
    signal.throwIfAborted();
  } finally {
    reader.cancel().catch(() => {});
  }
}

function tooLong(response: Response, most: number): AttemptFailure {
  return new AttemptFailure(
    `the answer is longer than the ${most} bytes that are allowed; raise \`maxBytes\` if that is right`,
    { retry: false, status: response.status },
  );
}

function tooMany(response: Response, exact: number): AttemptFailure {
  return new AttemptFailure(`the answer is longer than the ${exact} bytes that it says`, {
    retry: false,
    status: response.status,
  });
}

/** The body of a request is longer than the server takes. */
export class BodyTooLargeError extends Error {}

/** Reads a body whole; throws {@link BodyTooLargeError} as soon as it is known to be longer than `maxBytes`. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const told = Number(request.headers.get("content-length") ?? 0);
  if (told > maxBytes) throw new BodyTooLargeError();
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the body.
  for await (const piece of request.body ?? []) {
    size += piece.byteLength;
    if (size > maxBytes) throw new BodyTooLargeError();
    pieces.push(piece);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

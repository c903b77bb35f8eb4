/** Bytes of a text. */
export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** A JSON document as bytes. */
export function json(document: unknown): Uint8Array {
  return text(JSON.stringify(document));
}

/** Bytes 0, 1, 2 … that begin anew after 255; `from` is the first. */
export function counted(size: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (from + i) & 0xff);
}

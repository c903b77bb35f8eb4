import { copyBytes } from "../range.ts";
import { readTypedJson, writeTypedJson } from "./typed-json.ts";

/** Turns results into bytes and back. */
export interface ResultCodec<Result> {
  encode(result: Result): Uint8Array;
  /** Gets bytes of its own. A throw means that the bytes are of no use, so that the result is computed anew. */
  decode(bytes: Uint8Array): Result;
}

/** First byte of what the default codec writes. */
const JSON_RESULT = 0;
const BYTES_RESULT = 1;

/** The default codec: bytes as they are, everything else as JSON that keeps dates, bigints and bytes. */
export const defaultCodec: ResultCodec<unknown> = {
  encode(result) {
    const isBytes = result instanceof Uint8Array;
    const content = isBytes ? result : new TextEncoder().encode(writeTypedJson(result));
    const bytes = new Uint8Array(content.byteLength + 1);
    bytes[0] = isBytes ? BYTES_RESULT : JSON_RESULT;
    bytes.set(content, 1);
    return bytes;
  },
  decode(bytes) {
    const content = copyBytes(bytes, 1);
    if (bytes[0] === BYTES_RESULT) return content;
    if (bytes[0] !== JSON_RESULT) throw new SyntaxError("These bytes are not of the default codec");
    return readTypedJson(new TextDecoder().decode(content));
  },
};

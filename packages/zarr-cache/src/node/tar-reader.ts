import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { DamagedBytesError, InvalidOptionError, UnsupportedError } from "../errors.ts";
import { loadTar } from "./tar-stream.ts";

const BLOCK = 512;

/**
 * Reads the keys and values of a tar file, of which an import can be made. Needs `tar-stream`.
 *
 * What is not read of an array is taken to be missing, and so for fill values. That is why a file without the mark at its
 * end rejects with `DamagedBytesError`, though it may end between two members, and links with `UnsupportedError`.
 */
export async function* readTar(path: string): AsyncIterable<readonly [key: string, value: Uint8Array]> {
  const extract = (await loadTar()).extract();
  const file = new ZerosAtEnd();
  const read = pipeline(createReadStream(path), (bytes) => file.through(bytes), extract);
  read.catch(() => {});
  let members = 0;
  let zeros = 0;
  try {
    for await (const member of extract) {
      const { name, type, size = 0 } = member.header;
      const value = new Uint8Array(size);
      let filled = 0;
      for await (const chunk of member as AsyncIterable<Uint8Array>) {
        value.set(chunk, filled);
        filled += chunk.byteLength;
      }
      members++;
      zeros = zerosAtEnd(value) + (-size & (BLOCK - 1));
      if (type === "file" || type === "contiguous-file") yield [`/${name.replace(/^(?:\.?\/)+/, "")}`, value];
      else if (type !== "directory")
        throw new UnsupportedError(
          `Reading "${path}"`,
          `"${name}" is a ${type ?? "file of another kind"}, which has no bytes of its own; make it with \`tar --dereference --hard-dereference\``,
        );
    }
    await read;
  } catch (error) {
    throw asTarError(error, path, members);
  }
  // A mark of two blocks of zeros; the second is left out by some.
  if (file.zeros < zeros + BLOCK)
    throw new DamagedBytesError(`Tar file "${path}"`, "lacks the mark at its end");
}

/** What `tar-stream` throws has no code, as against errors of the file system, and says little. */
function asTarError(error: unknown, path: string, members: number): unknown {
  if (!(error instanceof Error) || "code" in error || "tag" in error) return error;
  return members === 0
    ? new InvalidOptionError("path", path, "a tar file that is not compressed", { cause: error })
    : new DamagedBytesError(`Tar file "${path}"`, `is cut off or broken (${error.message})`, {
        cause: error,
      });
}

/** Counts the zeros that bytes end with, as they pass. */
class ZerosAtEnd {
  zeros = 0;

  async *through(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of bytes) {
      const zeros = zerosAtEnd(chunk);
      this.zeros = zeros === chunk.byteLength ? this.zeros + zeros : zeros;
      yield chunk;
    }
  }
}

function zerosAtEnd(bytes: Uint8Array): number {
  let zeros = 0;
  while (zeros < bytes.byteLength && bytes[bytes.byteLength - 1 - zeros] === 0) zeros++;
  return zeros;
}

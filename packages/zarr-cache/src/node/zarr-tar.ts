import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { MissingDependencyError } from "../errors.ts";
import { assertKey, type Key } from "../key.ts";

/** A tar file that an export is written to. It gets its name when it is closed, and until then ends in `.part`. */
export interface TarWriter extends AsyncDisposable {
  set(key: Key, value: Uint8Array): Promise<void>;
  /** Completes the file. */
  close(): Promise<void>;
}

/** Begins a tar file with one member for each key. Without `close`, disposing of it leaves nothing. Needs `tar-stream`. */
export async function tarWriter(path: string): Promise<TarWriter> {
  const pack = (await loadTar()).pack();
  const part = `${path}.part`;
  const written = pipeline(pack, createWriteStream(part));
  written.catch(() => {});
  let isClosed = false;
  let last: Promise<void> = Promise.resolve();
  const add = (key: Key, value: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      // The same values make the same file.
      const header = { name: key.slice(1), size: value.byteLength, mtime: new Date(0) };
      const member = pack.entry(header, (error) => (error ? reject(error) : resolve()));
      written.catch(reject);
      member.end(value);
    });
  return {
    set(key, value) {
      assertKey(key);
      // Members follow one another.
      last = last.then(() => add(key, value));
      last.catch(() => {});
      return last;
    },
    async close() {
      await last;
      pack.finalize();
      await written;
      await rename(part, path);
      isClosed = true;
    },
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      pack.destroy();
      await written.catch(() => {});
      await rm(part, { force: true });
    },
  };
}

/** Reads the keys and values of a tar file, of which an import can be made. Needs `tar-stream`. */
export async function* readTar(path: string): AsyncIterable<readonly [key: string, value: Uint8Array]> {
  const extract = (await loadTar()).extract();
  const read = pipeline(createReadStream(path), extract);
  read.catch(() => {});
  for await (const member of extract) {
    const { name, type, size = 0 } = member.header;
    const value = new Uint8Array(size);
    let filled = 0;
    for await (const chunk of member as AsyncIterable<Uint8Array>) {
      value.set(chunk, filled);
      filled += chunk.byteLength;
    }
    if (type === "file") yield [`/${name.replace(/^(?:\.?\/)+/, "")}`, value];
  }
  await read;
}

async function loadTar(): Promise<typeof import("tar-stream")> {
  try {
    return await import("tar-stream");
  } catch (cause) {
    throw new MissingDependencyError("tar-stream", "A tar file", { cause });
  }
}

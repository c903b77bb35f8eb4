import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { ClosedError } from "../errors.ts";
import { assertKey, type Key } from "../key.ts";
import { loadTar } from "./tar-stream.ts";

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
  let closing: Promise<void> | undefined;
  let isComplete = false;
  let last: Promise<void> = Promise.resolve();
  const add = (key: Key, value: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      // The same values make the same file.
      const header = { name: key.slice(1), size: value.byteLength, mtime: new Date(0) };
      // Why the file cannot be written, `written` knows best.
      written.catch(reject);
      const fail = (error: unknown) => written.then(() => reject(error as Error), reject);
      try {
        const member = pack.entry(header, (error) => void (error ? fail(error) : resolve()));
        // Ends together with the file.
        member.on("error", () => {});
        member.end(value);
      } catch (error) {
        fail(error);
      }
    });
  const complete = async () => {
    await last;
    pack.finalize();
    await written;
    await rename(part, path);
    isComplete = true;
  };
  return {
    async set(key, value) {
      assertKey(key);
      if (closing !== undefined) throw new ClosedError(`The tar file "${path}"`);
      // Members follow one another.
      last = last.then(() => add(key, value));
      last.catch(() => {});
      return last;
    },
    close() {
      closing ??= complete();
      return closing;
    },
    async [Symbol.asyncDispose]() {
      if (isComplete) return;
      pack.destroy();
      await written.catch(() => {});
      await rm(part, { force: true });
    },
  };
}

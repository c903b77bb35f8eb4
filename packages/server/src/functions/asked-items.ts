import { open } from "node:fs/promises";
import type { RangeQuery } from "zarr-cache";
import type { CachedItem, CachedItems } from "./cached-items.ts";
import type { Answers, Question, Told } from "./messages.ts";

/** Sends a question under a number. */
type Ask = (number: number, question: Question) => void;

/**
 * The cached items, seen from the process of a function: bytes come through files, whatever else is asked of the server.
 */
export class AskedItems implements CachedItems {
  readonly #ask: Ask;
  readonly #waiting = new Map<number, (told: Told) => void>();
  #last = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Takes an answer of the server. */
  receive(told: Told): void {
    this.#waiting.get(told.number)?.(told);
    this.#waiting.delete(told.number);
  }

  async get(path: string): Promise<Uint8Array | undefined> {
    const found = await this.#question({ about: "file", path });
    return found && readBytes(found.file, 0, found.bytes);
  }

  async getRange(path: string, range: RangeQuery): Promise<Uint8Array | undefined> {
    const found = await this.#question({ about: "file", path });
    if (found === undefined) return undefined;
    const [start, end] =
      "suffixLength" in range
        ? [Math.max(0, found.bytes - range.suffixLength), found.bytes]
        : [range.offset, Math.min(found.bytes, range.offset + range.length)];
    return readBytes(found.file, start, Math.max(0, end - start));
  }

  async file(path: string): Promise<string | undefined> {
    return (await this.#question({ about: "file", path }))?.file;
  }

  info(path: string): Promise<CachedItem | undefined> {
    return this.#question({ about: "info", path });
  }

  async has(path: string): Promise<boolean> {
    return (await this.info(path)) !== undefined;
  }

  async *items(prefix?: string): AsyncIterable<CachedItem> {
    let cursor: string | undefined;
    do {
      const page: Answers["items"] = await this.#question({ about: "items", prefix, cursor });
      yield* page.items;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async *keys(prefix?: string): AsyncIterable<string> {
    for await (const { path } of this.items(prefix)) yield path;
  }

  #question<Q extends Question>(question: Q): Promise<Answers[Q["about"]]> {
    const number = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, ({ answer, refusal }) =>
        refusal === undefined
          ? resolve(answer as Answers[Q["about"]])
          : reject(Object.assign(new Error(refusal), { status: 400 })),
      );
      this.#ask(number, question);
    });
  }
}

/** Reads bytes of a file into memory of their own, since array codecs take a buffer whole. */
async function readBytes(file: string, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await using handle = await open(file);
  for (let read = 0; read < length; ) {
    const { bytesRead } = await handle.read(bytes, read, length - read, start + read);
    if (bytesRead === 0) throw new Error(`${file} is shorter than it was`);
    read += bytesRead;
  }
  return bytes;
}

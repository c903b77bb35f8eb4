import { isZarrCacheError } from "../errors.ts";
import { KnownValues } from "../http/known-values.ts";
import { assertKey, assertPath, isUnder, type Key } from "../key.ts";
import { assertSignal } from "../options.ts";
import { assertRange, copyBytes, rangeLength } from "../range.ts";
import { type RangeReader, sourceRangeReader } from "../store/range-reader.ts";
import type {
  SourceAnswer,
  SourceAskOptions,
  SourceFacts,
  SourceRead,
  SourceReadOptions,
} from "../store/source-answer.ts";
import { SourceError } from "../store/source-errors.ts";
import { Bucket } from "./bucket.ts";
import { readObject, type TakenObject } from "./object-reads.ts";
import { type ObjectPlace, parseObjectUrl } from "./object-url.ts";
import { type S3SourceOptions, type S3SourceSettings, s3SourceSettings } from "./s3-source-options.ts";
import { type KeyedObject, sourceFailure } from "./source-failure.ts";

/**
 * A Zarr store in a bucket: what came is exactly what was asked for, or the read rejects.
 *
 * It is a store to zarrita, and a source that tells a cache the size, version and lifetime of what it read, and what
 * there is. Failures that may pass are tried again. Once the end of a value was read, as zarrita reads the index of a
 * shard, ranges of that value reject with `SourceChangedError` if it has changed since, until its end is read anew.
 * A read rejects with `SourceError` when S3 fails or refuses, a write with `BucketError`. Needs the package
 * `@aws-sdk/client-s3`.
 *
 * ```ts
 * const source = new S3Source("s3://noaa-data/hrrr.zarr", { unsigned: true });
 * const store = cache.wrap(source, "hrrr");
 * ```
 */
export class S3Source {
  /** Names the data: bucket and prefix, and the endpoint where one is given. */
  readonly identity: string;
  /** Writes a value; there only with `writable`. */
  readonly set?: (key: Key, value: Uint8Array) => Promise<void>;
  /** Deletes a value; there only with `writable`. */
  readonly delete?: (key: Key) => Promise<void>;
  readonly #place: ObjectPlace;
  readonly #settings: S3SourceSettings;
  readonly #bucket: Bucket;
  readonly #known = new KnownValues();

  constructor(url: string, options: S3SourceOptions = {}) {
    this.#place = parseObjectUrl("url", url);
    this.#settings = s3SourceSettings(this.#place.url, options);
    this.identity = this.#settings.identity;
    this.getRange = sourceRangeReader(this.identity, (key, options) => this.read(key, options));
    this.#bucket = new Bucket(this.#place.bucket, this.#settings.bucket);
    if (!this.#settings.writable) return;
    this.set = (key, value) => this.#set(key, value);
    this.delete = (key) => this.#delete(key);
  }

  /** Reads a value whole; `undefined` when there is none. */
  async get(key: Key, options: SourceReadOptions = {}): Promise<Uint8Array | undefined> {
    return bytesOf(await this.read(key, options));
  }

  /**
   * Reads bytes of a value; what lies behind its end is left out.
   * Who binds it, as each zarrita array does, has a reader that mixes no versions of a shard; see {@link RangeReader.bind}.
   */
  readonly getRange: RangeReader<SourceReadOptions>;

  /** Reads a value or a range of it, and tells what S3 tells of it. */
  async read(key: Key, options: SourceRead = {}): Promise<SourceAnswer> {
    assertKey(key);
    const object = this.#objectOf(key);
    const { range, signal } = options;
    assertSignal("signal", signal);
    if (range !== undefined) assertRange(range);
    // No range of HTTP is empty.
    if (range !== undefined && rangeLength(range) === 0) return { status: "value", value: new Uint8Array(0) };
    const isEnd = range !== undefined && "suffixLength" in range;
    const known = range === undefined || isEnd ? undefined : this.#known.get(key)?.validator;
    const ifMatch = options.ifMatch ?? known;
    const wanted = ifMatch === undefined ? options : { ...options, ifMatch };
    const taken = await this.#readObject(object, wanted);
    const answer = taken.status === "beyond" ? await this.#beyond(object, options, taken.facts) : taken;
    if (isEnd && answer.status === "value") this.#bind(key, answer);
    return answer;
  }

  /** Whether a key has a value. */
  async has(key: Key, { signal }: SourceAskOptions = {}): Promise<boolean> {
    assertKey(key);
    assertSignal("signal", signal);
    const object = this.#objectOf(key);
    const { missing } = this.#settings;
    try {
      return (await this.#asked(object, () => this.#bucket.head(object.objectKey, signal))) !== undefined;
    } catch (error) {
      if (isZarrCacheError(error, "SourceError") && missing.includes((error as SourceError).status ?? 0))
        return false;
      throw error;
    }
  }

  /** All keys under a path. */
  async *keys(prefix = "/", options: SourceAskOptions = {}): AsyncIterable<string> {
    for await (const { key } of this.#entries(prefix, options)) yield key;
  }

  /** Direct children of a path: keys, and deeper paths with a `/` at their end. */
  async list(prefix = "/", { signal }: SourceAskOptions = {}): Promise<string[]> {
    assertPath(prefix);
    assertSignal("signal", signal);
    const base = prefix.endsWith("/") ? prefix : `${prefix}/`;
    const object = this.#objectOf(base as Key);
    return this.#asked(object, async () => {
      const children: string[] = [];
      for await (const { objects, prefixes } of this.#bucket.list(object.objectKey, {
        delimiter: "/",
        urgency: "demand",
        signal,
      }))
        for (const name of [...objects.map(({ key }) => key), ...prefixes]) {
          const key = this.#keyOf(name);
          // An object with the name of the path itself stands for a directory.
          if (key !== base && isKey(key)) children.push(key);
        }
      return children;
    });
  }

  /** Bytes of all values under a path. */
  async getSize(prefix = "/", options: SourceAskOptions = {}): Promise<number> {
    let bytes = 0;
    for await (const { size } of this.#entries(prefix, options)) bytes += size;
    return bytes;
  }

  /** Closes a client that was made here. */
  close(): Promise<void> {
    return this.#bucket.close();
  }

  async *#entries(
    path: string,
    { signal }: SourceAskOptions,
  ): AsyncIterable<{ readonly key: string; readonly size: number }> {
    assertPath(path);
    assertSignal("signal", signal);
    const object = this.#objectOf(path);
    const pages = this.#bucket.list(object.objectKey, { urgency: "demand", signal })[Symbol.asyncIterator]();
    for (;;) {
      const page = await this.#asked(object, () => pages.next());
      if (page.done) return;
      for (const { key: name, size } of page.value.objects) {
        const key = this.#keyOf(name);
        if (!key.endsWith("/") && isKey(key) && isUnder(key, path)) yield { key, size };
      }
    }
  }

  async #set(key: Key, value: Uint8Array): Promise<void> {
    assertKey(key);
    this.#known.delete(key);
    await this.#bucket.put(this.#objectOf(key).objectKey, copyBytes(value), {}, "demand");
  }

  async #delete(key: Key): Promise<void> {
    assertKey(key);
    this.#known.delete(key);
    await this.#bucket.delete(this.#objectOf(key).objectKey);
  }

  /**
   * What a refused range means. Bytes behind the end of a value are none, and S3 seldom tells its size along with that;
   * some servers also refuse a suffix that is longer than the value.
   */
  async #beyond(object: KeyedObject, options: SourceRead, facts: SourceFacts): Promise<SourceAnswer> {
    const { range, signal } = options;
    const head = () => this.#bucket.head(object.objectKey, signal);
    const size = facts.size ?? (await this.#asked(object, head))?.length;
    if (size === undefined) return { status: "missing" };
    if (range === undefined || size === 0 || ("offset" in range && range.offset >= size))
      return { status: "value", value: new Uint8Array(0), ...facts, size };
    if ("suffixLength" in range) {
      const offset = Math.max(0, size - range.suffixLength);
      const taken = await this.#readObject(object, { ...options, range: { offset, length: size - offset } });
      if (taken.status === "value" && taken.size === size) return taken;
    }
    const fields = { url: object.url, key: object.key, status: 416, attempts: 1 };
    throw new SourceError(`the server refuses bytes of a value of ${size} bytes (416)`, fields);
  }

  /** Remembers the version whose end was read. */
  #bind(key: Key, { size, validator }: SourceFacts): void {
    if (size === undefined || validator === undefined) this.#known.delete(key);
    else this.#known.set(key, { size, validator, bound: true });
  }

  #readObject(object: KeyedObject, options: SourceRead): Promise<TakenObject> {
    return readObject(this.#bucket, this.#settings, object, options);
  }

  /** Makes of a failure of the bucket one of the source, which names the key. */
  async #asked<T>(object: KeyedObject, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw sourceFailure(error, object);
    }
  }

  #objectOf(path: Key): KeyedObject {
    const { prefix, bucket } = this.#place;
    const objectKey = prefix === "" ? path.slice(1) : `${prefix}${path}`;
    return { key: path, objectKey, url: `s3://${bucket}/${objectKey}` };
  }

  #keyOf(name: string): Key {
    const { prefix } = this.#place;
    return (prefix === "" ? `/${name}` : name.slice(prefix.length)) as Key;
  }
}

function bytesOf(answer: SourceAnswer): Uint8Array | undefined {
  return answer.status === "value" ? answer.value : undefined;
}

/** Whether the name of an object can be a key of a store; others may lie in the same bucket. */
function isKey(path: string): boolean {
  try {
    assertKey(path.endsWith("/") ? path.slice(0, -1) : path);
    return true;
  } catch {
    return false;
  }
}

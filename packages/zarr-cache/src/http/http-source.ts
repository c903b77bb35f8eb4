import { InvalidOptionError } from "../errors.ts";
import { assertKey, type Key } from "../key.ts";
import { assertSignal } from "../options.ts";
import { assertRange, rangeLength, sliceRange } from "../range.ts";
import { type RangeReader, sourceRangeReader } from "../store/range-reader.ts";
import type { SourceAnswer, SourceFacts, SourceRead, SourceReadOptions } from "../store/source-answer.ts";
import { SourceChangedError, SourceError } from "../store/source-errors.ts";
import { KeyRequests, type Taken } from "./key-requests.ts";
import { KeyUrls } from "./key-url.ts";
import { KnownValues } from "./known-values.ts";
import { type Origin, originOf } from "./origin.ts";
import { type HttpSourceOptions, requestSettings } from "./request-settings.ts";

/**
 * A Zarr store on a web server, for reading: what came is exactly what was asked for, or the read rejects.
 *
 * It is a store to zarrita, and a source that also tells a cache the size, version and lifetime of what it read
 * ({@link HttpSource.read}). Failures that may pass are tried again. Once the end of a value was read, as zarrita
 * reads the index of a shard, ranges of that value reject with `SourceChangedError` if it has changed since, until its
 * end is read anew. Rejects with `SourceError` when the server fails, `NotZarrError` when it answers with a page.
 * Runs wherever `fetch` does.
 *
 * ```ts
 * const source = new HttpSource("https://slow.example/era5.zarr");
 * const store = cache.wrap(source, "era5");
 * ```
 */
export class HttpSource {
  /** Names the data: the URL without credentials and secret parameters. */
  readonly identity: string;
  readonly #origin: Origin;
  readonly #requests: KeyRequests;
  readonly #known = new KnownValues();

  constructor(url: string | URL, options: HttpSourceOptions = {}) {
    const settings = requestSettings(options);
    const { secretParameters = [] } = options;
    if (!Array.isArray(secretParameters) || secretParameters.some((name) => typeof name !== "string"))
      throw new InvalidOptionError("secretParameters", secretParameters, "names of parameters");
    const urls = new KeyUrls(parseUrl(url), secretParameters);
    const { identity = urls.identity } = options;
    if (typeof identity !== "string" || identity === "")
      throw new InvalidOptionError("identity", identity, "a text that names the data");
    this.identity = identity;
    this.getRange = sourceRangeReader(identity, (key, options) => this.read(key, options));
    this.#origin = originOf(urls.origin);
    this.#requests = new KeyRequests(urls, settings, this.#origin);
  }

  /** Reads a value whole; `undefined` when the server says that there is none. */
  async get(key: Key, options: SourceReadOptions = {}): Promise<Uint8Array | undefined> {
    return bytesOf(await this.read(key, options));
  }

  /**
   * Reads bytes of a value; what lies behind its end is left out (RFC 9110 §14.1.2).
   * Who binds it, as each zarrita array does, has a reader that mixes no versions of a shard; see {@link RangeReader.bind}.
   */
  readonly getRange: RangeReader<SourceReadOptions>;

  /** Reads a value or a range of it, and tells what the server tells of it. */
  async read(key: Key, options: SourceRead = {}): Promise<SourceAnswer> {
    assertKey(key);
    const { range, signal } = options;
    assertSignal("signal", signal);
    if (range === undefined) return this.#readPlain(key, options);
    assertRange(range);
    // No range of HTTP is empty.
    if (rangeLength(range) === 0) return { status: "value", value: new Uint8Array(0) };
    if ("suffixLength" in range) return this.#readEnd(key, range.suffixLength, options);
    const known = this.#known.get(key);
    const ifMatch = options.ifMatch ?? (known?.bound ? known.validator : undefined);
    return this.#readPlain(key, { ...options, ...(ifMatch !== undefined && { ifMatch }) });
  }

  /** The end of a value: by a suffix range where the server does them, else by the value's size. */
  async #readEnd(key: Key, suffixLength: number, options: SourceRead): Promise<SourceAnswer> {
    if (this.#origin.honoursSuffixes === false) return this.#readBySize(key, suffixLength, options);
    const isTrial = this.#origin.honoursSuffixes === undefined;
    let taken: Taken;
    try {
      taken = await this.#requests.read(key, options, isTrial);
    } catch (error) {
      if (!isTrial || !(error instanceof SourceError) || error.status !== undefined) throw error;
      // No answer at all: the server, or what a browser lets us ask it.
      const answer = await this.#readBySize(key, suffixLength, options);
      this.#origin.blameSuffix();
      return answer;
    }
    if (taken.status === "no-suffix") {
      this.#origin.learnSuffixes(false);
      return this.#readBySize(key, suffixLength, options, taken.size);
    }
    if (taken.status === "beyond") return this.#beyond(key, options, taken.facts);
    if (taken.status === "value") {
      const isIgnored = taken.whole !== undefined && taken.whole.byteLength > suffixLength;
      if (isIgnored || taken.whole === undefined) this.#origin.learnSuffixes(!isIgnored);
      this.#bind(key, taken);
    }
    return taken;
  }

  /** The end of a value as a range from an offset, which takes its size: known, or asked for once. */
  async #readBySize(
    key: Key,
    suffixLength: number,
    options: SourceRead,
    told?: number,
  ): Promise<SourceAnswer> {
    // A second time when the value has got another size since it was known.
    for (let trial = 1; ; trial++) {
      const known = told === undefined ? this.#known.get(key) : { size: told, validator: undefined };
      const sized = known ?? (await this.#requests.size(key, options));
      told = undefined;
      if (sized === undefined) return { status: "missing" };
      const { size, validator } = sized;
      const offset = Math.max(0, size - suffixLength);
      if (size === 0) return { status: "value", value: new Uint8Array(0), size };
      const ifMatch = options.ifMatch ?? validator;
      try {
        const answer = await this.#readPlain(key, {
          ...options,
          range: { offset, length: size - offset },
          ...(ifMatch !== undefined && { ifMatch }),
        });
        if (answer.status !== "value") return answer;
        const now = answer.size ?? size;
        if (answer.whole !== undefined || now === size) {
          const { whole } = answer;
          const end =
            whole === undefined
              ? { ...answer, size: now }
              : { ...answer, value: sliceRange(whole, { suffixLength }) };
          this.#bind(key, end);
          return end;
        }
      } catch (error) {
        if (!(error instanceof SourceChangedError) || options.ifMatch !== undefined || trial > 1) throw error;
      }
      this.#known.delete(key);
      if (trial > 1) throw this.#requests.error(key, "its size changes from one request to the next");
    }
  }

  async #readPlain(key: Key, options: SourceRead): Promise<SourceAnswer> {
    const taken = await this.#requests.read(key, options);
    if (taken.status === "beyond") return this.#beyond(key, options, taken.facts);
    if (taken.status === "no-suffix") throw this.#requests.error(key, "the server refuses the range", 416);
    return taken;
  }

  /** Bytes behind the end of a value are none; that the server says so without telling the size is looked into. */
  async #beyond(key: Key, options: SourceRead, facts: SourceFacts): Promise<SourceAnswer> {
    const { range } = options;
    const size = facts.size ?? (await this.#requests.size(key, options))?.size;
    if (range !== undefined && "offset" in range && size !== undefined && range.offset < size)
      throw this.#requests.error(
        key,
        `the server refuses bytes from ${range.offset} of a value of ${size} bytes`,
        416,
      );
    return { status: "value", value: new Uint8Array(0), ...facts, ...(size !== undefined && { size }) };
  }

  /** Remembers the version whose end was read. */
  #bind(key: Key, { size, validator }: SourceFacts): void {
    if (size === undefined) this.#known.delete(key);
    else this.#known.set(key, { size, validator, bound: true });
  }
}

function bytesOf(answer: SourceAnswer): Uint8Array | undefined {
  return answer.status === "value" ? answer.value : undefined;
}

function parseUrl(url: unknown): URL {
  const allowed = 'an http: or https: URL, such as "https://slow.example/era5.zarr"';
  let parsed: URL;
  try {
    parsed = new URL(url as string);
  } catch (cause) {
    throw new InvalidOptionError("url", "no URL", allowed, { cause });
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:")
    throw new InvalidOptionError("url", `a ${parsed.protocol} URL`, allowed);
  return parsed;
}

import {
  type Source,
  type SourceAnswer,
  SourceChangedError,
  SourceError,
  type SourceFreshness,
  type SourceRead,
} from "zarr-cache";

/** One value of a {@link TaggedSource}. */
interface Tagged {
  readonly bytes: Uint8Array;
  readonly validator: string | null;
}

/** A source that tells size and version as a web server does, counts its reads, and can be made to fail. */
export class TaggedSource implements Source {
  readonly identity = "tagged";
  readonly reads: (SourceRead & { readonly key: string })[] = [];
  failure: Error | undefined;
  /** How long the server says that its answers may be kept. */
  freshness: SourceFreshness | undefined;
  readonly #values = new Map<string, Tagged>();

  /** `validator: null`: the server tells none. */
  put(key: string, bytes: Uint8Array | string, validator: string | null = '"v1"'): this {
    this.#values.set(key, {
      bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
      validator,
    });
    return this;
  }

  /** Makes every read fail as an `HttpSource` does. */
  failWith(reason: string, status?: number): void {
    this.failure = new SourceError(reason, {
      url: "https://secret.example/x",
      key: "/x",
      status,
      attempts: 1,
    });
  }

  get(): never {
    throw new Error("asked by get");
  }

  async read(key: string, options: SourceRead = {}): Promise<SourceAnswer> {
    this.reads.push({ key, ...options });
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    const held = this.#values.get(key);
    if (held === undefined) return { status: "missing" };
    const { bytes, validator } = held;
    const { freshness } = this;
    const facts = {
      size: bytes.byteLength,
      ...(freshness && { freshness }),
      ...(validator !== null && { validator }),
    };
    if (options.ifMatch !== undefined && options.ifMatch !== validator)
      throw new SourceChangedError("https://secret.example/x", key, options.ifMatch, validator ?? undefined);
    if (validator !== null && options.ifNoneMatch === validator) return { status: "unchanged", ...facts };
    return { status: "value", value: cut(bytes, options.range), ...facts };
  }
}

function cut(bytes: Uint8Array, range: SourceRead["range"]): Uint8Array {
  if (range === undefined) return bytes.slice();
  if ("suffixLength" in range) return bytes.slice(Math.max(0, bytes.byteLength - range.suffixLength));
  return bytes.slice(range.offset, range.offset + range.length);
}

import { type SourceAnswer, SourceChangedError, type SourceFacts } from "../../src/index.ts";
import type { Key } from "../../src/key.ts";
import { sliceRange } from "../../src/range.ts";
import type { Source } from "../../src/store/source.ts";
import type { SourceRead } from "../../src/store/source-answer.ts";

/** One read that reached a {@link VersionedSource}, and how it was answered. */
export interface VersionedRead extends Omit<SourceRead, "signal"> {
  readonly key: Key;
  readonly status: SourceAnswer["status"] | "changed" | "failed";
}

/** A source whose values have versions, as a server gives them entity tags; asked by `read` alone. */
export class VersionedSource implements Source {
  readonly reads: VersionedRead[] = [];
  /** What is told beside size and validator. */
  facts: SourceFacts = {};
  /** Set: every read fails with it. */
  failure: Error | undefined;
  readonly #values = new Map<string, { readonly value: Uint8Array; readonly validator: string }>();
  #versions = 0;

  /** Gives a key another value, or the same under another version. */
  put(key: string, value: Uint8Array, validator = `"${++this.#versions}"`): this {
    this.#values.set(key, { value, validator });
    return this;
  }

  remove(key: string): void {
    this.#values.delete(key);
  }

  /** The reads since the last call. */
  taken(): VersionedRead[] {
    return this.reads.splice(0);
  }

  get(): Promise<Uint8Array | undefined> {
    return Promise.reject(new Error("asked by get"));
  }

  async read(key: Key, { signal: _, ...asked }: SourceRead = {}): Promise<SourceAnswer> {
    const done = (status: VersionedRead["status"]) => this.reads.push({ key, ...asked, status });
    await Promise.resolve();
    if (this.failure !== undefined) {
      done("failed");
      throw this.failure;
    }
    const held = this.#values.get(key);
    if (held === undefined) {
      done("missing");
      return { status: "missing", ...this.facts };
    }
    const { value, validator } = held;
    if (asked.ifMatch !== undefined && asked.ifMatch !== validator) {
      done("changed");
      throw new SourceChangedError("https://a.example", key, asked.ifMatch, validator);
    }
    const facts = { ...this.facts, size: value.byteLength, validator };
    if (asked.ifNoneMatch === validator) {
      done("unchanged");
      return { status: "unchanged", ...facts };
    }
    done("value");
    return {
      status: "value",
      value: asked.range === undefined ? value.slice() : sliceRange(value, asked.range),
      ...facts,
    };
  }
}

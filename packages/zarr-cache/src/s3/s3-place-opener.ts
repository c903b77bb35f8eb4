import { crc32 } from "node:zlib";
import { assertStoreId } from "../key.ts";
import type { ByteStore, FoundName, StoreOpener } from "../store-opener.ts";
import { Bucket } from "./bucket.ts";
import { type ObjectPattern, parseObjectPattern } from "./object-pattern.ts";
import { sealBehind, sealInMetadata } from "./object-seal.ts";
import { S3ByteStore } from "./s3-byte-store.ts";
import { parseS3Options, type S3StoreOpenerOptions } from "./s3-options.ts";

/** Keeps cached bytes in one bucket, below one prefix. */
export class S3PlaceOpener implements StoreOpener {
  readonly medium = "s3";
  readonly purgesBehind = true;
  readonly crc32: (bytes: Uint8Array, seed?: number) => number = crc32;
  readonly #pattern: ObjectPattern;
  readonly #bucket: Bucket;

  constructor(option: string, pattern: string, options: S3StoreOpenerOptions) {
    this.#pattern = parseObjectPattern(option, pattern);
    this.#bucket = new Bucket(this.#pattern.bucket, parseS3Options(options));
  }

  open(storeId: string): ByteStore {
    assertStoreId(storeId);
    const keyOf = (token: string) => this.#pattern.keyOf(storeId, token);
    return new S3ByteStore({ bucket: this.#bucket, keyOf });
  }

  footprint(size: number, sealSize: number): number {
    return size + sealBehind(sealSize) + sealInMetadata(sealSize);
  }

  async *names(): AsyncIterable<FoundName> {
    for await (const { objects } of this.#bucket.list(this.#pattern.prefix))
      for (const { key, size } of objects) {
        const name = this.#pattern.nameOf(key);
        if (name !== undefined) yield { ...name, bytes: size };
      }
  }

  check(): Promise<void> {
    return this.#bucket.check();
  }

  close(): Promise<void> {
    return this.#bucket.close();
  }
}

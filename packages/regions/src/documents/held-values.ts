import { createHash } from "node:crypto";
import type { CacheStorage, Part } from "zarr-cache";
import { DocumentTooLargeError, TransferError } from "../errors.ts";

/** Milliseconds that a held value is taken to cost: there is no source to get it from again. */
const COST = 60_000;

/**
 * Values that are too large to travel with their operation, kept in the tiers of the cache under the SHA-256 of their
 * bytes. A region that lacks one gets it from the region that has it, as any part.
 */
export class HeldValues {
  readonly #storage: CacheStorage;
  readonly #storeId: string;
  #binding: Promise<void> | undefined;

  constructor(storage: CacheStorage, namespace: string) {
    this.#storage = storage;
    this.#storeId = `documents-${namespace}`;
  }

  /** Keeps a value, and resolves to the key that it is kept under; rejects where the tiers do not take it. */
  async put(key: string, value: Uint8Array): Promise<string> {
    await this.#bind();
    const held = `/${createHash("sha256").update(value).digest("hex")}`;
    const part = this.#partOf(held);
    const isKept = (await this.#storage.put(part, value, { cost: COST })) || (await this.#storage.has(part));
    if (!isKept)
      throw new DocumentTooLargeError(
        key,
        "The value",
        value.byteLength,
        value.byteLength - 1,
        "The tiers of the cache do not take it: give them a larger budget, or maxEntryBytes.",
      );
    return held;
  }

  /** Reads a value from the tiers of this region, or from another one; rejects where nobody has it. */
  async get(key: string, region: string, held: string): Promise<Uint8Array> {
    await this.#bind();
    const part = this.#partOf(held);
    const near = await this.#storage.get(part);
    if (near?.value !== undefined) return near.value;
    const claim = await this.#storage.claim(part);
    if (claim.state === "hit" && claim.hit.value !== undefined) return claim.hit.value;
    if (claim.state === "fill") await claim.abandon();
    throw new TransferError(region, `holds the value of "${key}", and nobody who has it can be reached`);
  }

  #partOf(held: string): Part {
    return { storeId: this.#storeId, key: held };
  }

  #bind(): Promise<void> {
    this.#binding ??= this.#storage.bind(this.#storeId, this.#storeId).catch((error: unknown) => {
      this.#binding = undefined;
      throw error;
    });
    return this.#binding;
  }
}

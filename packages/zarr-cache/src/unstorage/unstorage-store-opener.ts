import { crc32 } from "node:zlib";
import { InvalidOptionError } from "../errors.ts";
import { assertStoreId } from "../key.ts";
import { assertKnownOptions } from "../options.ts";
import type { ByteStore, StoredName, StoreOpener } from "../store-opener.ts";
import { isToken, TOKEN_FORM } from "../token.ts";
import { NameTurns } from "./name-turns.ts";
import { UnstorageByteStore } from "./unstorage-byte-store.ts";

/** What is asked of a storage: `createStorage({ driver })` of unstorage has it. */
export interface RawStorage {
  getItemRaw(key: string): Promise<unknown>;
  setItemRaw(key: string, value: Uint8Array): Promise<void>;
  removeItem(key: string, options?: { readonly removeMeta?: boolean }): Promise<void>;
  getKeys(base?: string): Promise<string[]>;
}

/** Options of an {@link UnstorageStoreOpener}. */
export interface UnstorageStoreOpenerOptions {
  /** What the names of all items begin with: segments of letters, digits, `_` and `-`, divided by `:`. Default `"zarr-cache"`. */
  readonly base?: string;
}

const METHODS = ["getItemRaw", "setItemRaw", "removeItem", "getKeys"] as const;
const BASE = /^[\w-]+(?::[\w-]+)*$/;

/**
 * Keeps cached bytes in a storage of unstorage, over whichever of its drivers:
 * `new UnstorageStoreOpener(createStorage({ driver }))`.
 *
 * A value and its seal are one raw item, `base:<store id>:<2 characters>:<token>`. There are no partial reads. The
 * storage stays the caller's: it is not disposed of with the opener.
 */
export class UnstorageStoreOpener implements StoreOpener {
  readonly medium = "unstorage";
  readonly crc32: (bytes: Uint8Array, seed?: number) => number = crc32;
  readonly #storage: RawStorage;
  readonly #base: string;
  readonly #turns = new NameTurns();

  /** Throws {@link InvalidOptionError} for what is not a storage, and for an unknown option. */
  constructor(storage: RawStorage, options: UnstorageStoreOpenerOptions = {}) {
    assertKnownOptions("UnstorageStoreOpener", options, ["base"]);
    const { base = "zarr-cache" } = options;
    if (METHODS.some((method) => typeof storage?.[method] !== "function"))
      throw new InvalidOptionError(
        "storage",
        storage,
        "a storage, such as createStorage({ driver }) of unstorage",
      );
    if (typeof base !== "string" || !BASE.test(base))
      throw new InvalidOptionError("base", base, 'segments of letters, digits, "_" and "-", divided by ":"');
    this.#storage = storage;
    this.#base = base;
  }

  open(storeId: string): ByteStore {
    assertStoreId(storeId);
    return new UnstorageByteStore(this.#storage, this.#turns, (token) => this.#keyOf(storeId, token));
  }

  footprint(size: number, sealSize: number): number {
    return size + sealSize;
  }

  async *names(): AsyncIterable<StoredName> {
    for (const key of await this.#storage.getKeys(this.#base)) {
      const [token = "", , storeId = ""] = key.split(":").reverse();
      if (!isToken(token) || key !== this.#keyOf(storeId, token)) continue;
      yield { storeId, token };
    }
  }

  #keyOf(storeId: string, token: string): string {
    if (!isToken(token)) throw new InvalidOptionError("token", token, TOKEN_FORM);
    return `${this.#base}:${storeId}:${token.slice(-2)}:${token}`;
  }
}

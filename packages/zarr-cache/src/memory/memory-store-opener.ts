import { DamagedBytesError } from "../errors.ts";
import type { ByteStore, Sealed, StoreOpener } from "../store-opener.ts";

/** Opens cached bytes in this process's memory: gone when it ends. */
export class MemoryStoreOpener implements StoreOpener {
  readonly medium = "memory";
  readonly #stores = new Map<string, MemoryByteStore>();

  open(storeId: string): ByteStore {
    let store = this.#stores.get(storeId);
    if (store === undefined) {
      store = new MemoryByteStore();
      this.#stores.set(storeId, store);
    }
    return store;
  }

  footprint(size: number, sealSize: number): number {
    return size + sealSize;
  }

  async *names(): AsyncIterable<{ storeId: string; token: string }> {
    for (const [storeId, store] of this.#stores) for (const token of store.tokens()) yield { storeId, token };
  }
}

class MemoryByteStore implements ByteStore {
  readonly retains = true;
  readonly #values = new Map<string, Sealed>();

  get(token: string, size: number, sealSize: number): Sealed | undefined {
    const sealed = this.#values.get(token);
    if (sealed === undefined) return undefined;
    const found = sealed.value.byteLength + (sealed.seal?.byteLength ?? 0);
    if (found !== size + sealSize)
      throw new DamagedBytesError(token, `has ${found} instead of ${size + sealSize} bytes`);
    return sealed;
  }

  set(token: string, value: Uint8Array, seal: Uint8Array | undefined): void {
    this.#values.set(token, seal === undefined ? { value } : { value, seal });
  }

  delete(token: string): void {
    this.#values.delete(token);
  }

  tokens(): Iterable<string> {
    return this.#values.keys();
  }
}

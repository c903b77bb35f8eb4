import { UnsupportedError } from "../errors.ts";
import type { ByteStore, Sealed, StoreOpener } from "../store-opener.ts";
import type { StoreLocation } from "./located-store-opener.ts";

/** The bytes of one store in several places. Asks anew each time which places there are. */
export class LocatedByteStore implements ByteStore {
  readonly #storeId: string;
  readonly #locations: () => readonly StoreLocation[];
  readonly #stores = new WeakMap<StoreOpener, ByteStore>();

  constructor(storeId: string, locations: () => readonly StoreLocation[]) {
    this.#storeId = storeId;
    this.#locations = locations;
    for (const { opener } of locations()) this.#storeOf(opener);
  }

  get retains(): boolean {
    return this.#locations().some(({ opener }) => this.#storeOf(opener).retains === true);
  }

  async get(token: string, size: number, sealSize: number, location?: string): Promise<Sealed | undefined> {
    return this.#at(location)?.get(token, size, sealSize);
  }

  async getSealedRange(
    token: string,
    offset: number,
    length: number,
    size: number,
    sealSize: number,
    location?: string,
  ): Promise<Sealed | undefined> {
    const store = this.#at(location);
    if (store?.getSealedRange !== undefined)
      return store.getSealedRange(token, offset, length, size, sealSize);
    if (store?.getRange === undefined) {
      const whole = await store?.get(token, size, sealSize);
      return whole && { ...whole, value: whole.value.slice(offset, offset + length) };
    }
    const [value, seal] = await Promise.all([
      store.getRange(token, offset, length),
      store.getRange(token, size, sealSize),
    ]);
    return value === undefined || seal === undefined ? undefined : { value, seal };
  }

  async set(
    token: string,
    value: Uint8Array,
    seal: Uint8Array | undefined,
    location?: string,
  ): Promise<void> {
    const store = this.#at(location);
    if (store === undefined)
      throw new UnsupportedError("set", `location "${location}" was left out while it was written to`);
    await store.set(token, value, seal);
  }

  /** Deletes a name everywhere: where a broken-off write left it is not known. */
  async delete(token: string): Promise<void> {
    await Promise.all(this.#locations().map(({ opener }) => this.#storeOf(opener).delete(token)));
  }

  #at(location: string | undefined): ByteStore | undefined {
    const locations = this.#locations();
    const found = location === undefined ? locations[0] : locations.find(({ name }) => name === location);
    return found && this.#storeOf(found.opener);
  }

  #storeOf(opener: StoreOpener): ByteStore {
    let store = this.#stores.get(opener);
    if (store === undefined) {
      store = opener.open(this.#storeId);
      this.#stores.set(opener, store);
    }
    return store;
  }
}

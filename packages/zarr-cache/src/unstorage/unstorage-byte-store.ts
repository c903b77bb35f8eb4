import { DamagedBytesError, InvalidValueError } from "../errors.ts";
import type { ByteStore, Sealed } from "../store-opener.ts";
import type { NameTurns } from "./name-turns.ts";
import type { RawStorage } from "./unstorage-store-opener.ts";

/** The bytes of one store as items of a storage: the value, and its seal behind it. */
export class UnstorageByteStore implements ByteStore {
  readonly #storage: RawStorage;
  readonly #turns: NameTurns;
  readonly #keyOf: (token: string) => string;

  constructor(storage: RawStorage, turns: NameTurns, keyOf: (token: string) => string) {
    this.#storage = storage;
    this.#turns = turns;
    this.#keyOf = keyOf;
  }

  async get(token: string, size: number, sealSize: number): Promise<Sealed | undefined> {
    const key = this.#keyOf(token);
    const item = await this.#turns.take(key, () => this.#storage.getItemRaw(key));
    if (item === null || item === undefined) return undefined;
    const bytes = bytesOf(item);
    if (bytes === undefined) throw new InvalidValueError(key, item, "The raw item");
    if (bytes.byteLength !== size + sealSize)
      throw new DamagedBytesError(key, `has ${bytes.byteLength} instead of ${size + sealSize} bytes`);
    const value = bytes.slice(0, size);
    return sealSize === 0 ? { value } : { value, seal: bytes.slice(size) };
  }

  async set(token: string, value: Uint8Array, seal: Uint8Array | undefined): Promise<void> {
    const key = this.#keyOf(token);
    const item = new Uint8Array(value.byteLength + (seal?.byteLength ?? 0));
    item.set(value);
    if (seal !== undefined) item.set(seal, value.byteLength);
    await this.#turns.take(key, () => this.#storage.setItemRaw(key, item));
  }

  async delete(token: string): Promise<void> {
    const key = this.#keyOf(token);
    await this.#turns.take(key, () => this.#storage.removeItem(key, { removeMeta: false }));
  }
}

/** A plain view of what a driver gave: some give a Buffer, some an ArrayBuffer. */
function bytesOf(item: unknown): Uint8Array | undefined {
  if (item instanceof ArrayBuffer) return new Uint8Array(item);
  if (!ArrayBuffer.isView(item)) return undefined;
  return new Uint8Array(item.buffer as ArrayBuffer, item.byteOffset, item.byteLength);
}

import { isZarrCacheError } from "../errors.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import { copyBytes, placeRange } from "../range.ts";
import type { StoredBytes } from "../storage.ts";
import type { IndexEntry } from "../store-index.ts";
import type { ByteStore, Sealed, StoreOpener } from "../store-opener.ts";
import { areFramesSealed, type Checksum, framesAround, isSealOf, makeSeal, sealSize } from "./seal.ts";

/** What names bytes, and tells whether they are what was written. */
type BytesName = Pick<IndexEntry, "token" | "whole" | "size" | "checksum" | "location">;

/** What reading an entry's bytes gave. `gone`: no such name. `corrupt`: not what was written. */
export type BytesRead =
  | { readonly state: "read"; readonly value: Uint8Array; readonly owned: boolean }
  | { readonly state: "gone" }
  | { readonly state: "corrupt" };

const GONE: BytesRead = { state: "gone" };
const CORRUPT: BytesRead = { state: "corrupt" };

/** The bytes of one opener, sealed where its medium needs it: written with checksums, verified on every read. */
export class SealedBytes {
  readonly #opener: StoreOpener;
  readonly #crc32: Checksum | undefined;
  readonly #stores = new Map<string, ByteStore>();

  constructor(opener: StoreOpener) {
    this.#opener = opener;
    this.#crc32 = opener.crc32;
  }

  /** What names the bytes of an entry to others who may read the medium; `undefined` where nothing could verify them. */
  nameOf({ token, size, checksum, location, missing }: IndexEntry): StoredBytes | undefined {
    if (missing || this.#crc32 === undefined) return undefined;
    return {
      medium: this.#opener.medium,
      token,
      size,
      checksum,
      ...(location !== undefined && { location }),
    };
  }

  /** Bytes of the medium that a value of a part takes. */
  footprint(part: Part, size: number): number {
    return this.#opener.footprint(size, this.#crc32 === undefined ? 0 : sealSize(part, size));
  }

  /** Writes a value under a token; returns the checksum and the location that the index keeps. */
  write(
    part: Part,
    token: string,
    value: Uint8Array,
  ): { readonly checksum: number; readonly location: string | undefined; readonly done: MaybePromise<void> } {
    const seal = this.#crc32 && makeSeal(part, value, this.#crc32);
    const checksum = seal === undefined ? 0 : (this.#crc32 as Checksum)(seal);
    const location = this.#opener.place?.(token);
    return { checksum, location, done: this.store(part.storeId).set(token, value, seal, location) };
  }

  /** Reads the bytes of a part from the entry that answers it. At once where the medium does. */
  read(part: Part, entry: BytesName): MaybePromise<BytesRead> {
    try {
      const read = this.#read(part, entry);
      return isPromise(read) ? read.then(undefined, corruptIfDamaged) : read;
    } catch (error) {
      return corruptIfDamaged(error);
    }
  }

  #read(part: Part, entry: BytesName): MaybePromise<BytesRead> {
    const store = this.store(part.storeId);
    const crc32 = this.#crc32;
    const holder = entry.whole ? { storeId: part.storeId, key: part.key } : part;
    if (crc32 === undefined) {
      const sealed = store.get(entry.token, entry.size, 0, entry.location);
      return isPromise(sealed)
        ? sealed.then((it) => plain(it, part, entry, store))
        : plain(sealed, part, entry, store);
    }
    const length = sealSize(holder, entry.size);
    if (entry.whole && part.range !== undefined && (store.getSealedRange ?? store.getRange) !== undefined)
      return readFrames(store, part, holder, entry, length, crc32);
    const sealed = store.get(entry.token, entry.size, length, entry.location);
    const verify = (it: Sealed | undefined): BytesRead =>
      it === undefined || isIntact(it, 0, entry.size, holder, entry, crc32)
        ? plain(it, part, entry, store)
        : CORRUPT;
    return isPromise(sealed) ? sealed.then(verify) : verify(sealed);
  }

  store(storeId: string): ByteStore {
    let store = this.#stores.get(storeId);
    if (store === undefined) {
      store = this.#opener.open(storeId);
      this.#stores.set(storeId, store);
    }
    return store;
  }
}

/** What a medium knows to be damaged is as bytes whose checksum is wrong; any other failure may pass. */
function corruptIfDamaged(error: unknown): BytesRead {
  if (isZarrCacheError(error, "DamagedBytesError")) return CORRUPT;
  throw error;
}

function plain(sealed: Sealed | undefined, part: Part, entry: BytesName, store: ByteStore): BytesRead {
  if (sealed === undefined) return GONE;
  const { value } = sealed;
  if (!entry.whole || part.range === undefined)
    return { state: "read", value, owned: store.retains !== true };
  const { start, end } = placeRange(part.range, value.byteLength);
  return { state: "read", value: copyBytes(value, start, end), owned: true };
}

/** Reads the frames around a range of a whole value, verifies them and cuts the range out. */
async function readFrames(
  store: ByteStore,
  part: Part,
  holder: Part,
  entry: BytesName,
  length: number,
  crc32: Checksum,
): Promise<BytesRead> {
  const { start, end } = placeRange(part.range as NonNullable<Part["range"]>, entry.size);
  if (start === end) return { state: "read", value: new Uint8Array(0), owned: true };
  const frames = framesAround(start, end, entry.size);
  const sealed = await sealedFrames(store, entry, frames.start, frames.end - frames.start, length);
  if (sealed === undefined) return GONE;
  if (!isIntact(sealed, frames.first, frames.end - frames.start, holder, entry, crc32)) return CORRUPT;
  const { value } = sealed;
  return { state: "read", value: copyBytes(value, start - frames.start, end - frames.start), owned: true };
}

/** Whether bytes, from frame `first` on and so many, are what was sealed of an entry. */
function isIntact(
  { value, seal }: Sealed,
  first: number,
  length: number,
  holder: Part,
  { size, checksum }: BytesName,
  crc32: Checksum,
): boolean {
  return (
    seal !== undefined &&
    value.byteLength === length &&
    isSealOf(holder, size, seal, checksum, crc32) &&
    areFramesSealed(value, first, size, seal, crc32)
  );
}

/** Reads frames and seal, in one step where the medium can. */
async function sealedFrames(
  store: ByteStore,
  { token, size, location }: BytesName,
  offset: number,
  length: number,
  sealSize: number,
): Promise<Sealed | undefined> {
  if (store.getSealedRange !== undefined)
    return store.getSealedRange(token, offset, length, size, sealSize, location);
  const [seal, value] = await Promise.all([
    store.getRange?.(token, size, sealSize),
    store.getRange?.(token, offset, length),
  ]);
  return seal === undefined || value === undefined ? undefined : { value, seal };
}

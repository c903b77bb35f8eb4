import type { ByteStore, Sealed } from "../store-opener.ts";
import type { Bucket, ObjectAnswer } from "./bucket.ts";
import { BucketError } from "./bucket-error.ts";
import { readExactly, WrongAnswerError, WrongLengthError } from "./object-body.ts";
import { packSeal, sealBehind, unpackSeal } from "./object-seal.ts";

/** What a store in a bucket asks of its opener. */
export interface S3StorePlace {
  readonly bucket: Bucket;
  /** The key of a token's object. Throws for what is no token. */
  keyOf(token: string): string;
}

/**
 * The bytes of one store, one object a token. A read is one request, a range of a sealed value too: the answer to a
 * ranged GET carries the metadata, and the seal with them.
 */
export class S3ByteStore implements ByteStore {
  readonly #place: S3StorePlace;

  constructor(place: S3StorePlace) {
    this.#place = place;
  }

  async get(token: string, size: number, sealSize: number): Promise<Sealed | undefined> {
    const behind = sealBehind(sealSize);
    const read = async (answer: ObjectAnswer, signal: AbortSignal): Promise<Sealed> => {
      const { length, metadata, body } = answer;
      if (length !== undefined && length !== size + behind) throw new WrongLengthError(size + behind, length);
      const kept = behind === 0 ? unpackSeal(metadata) : new Uint8Array(behind);
      if ((kept?.byteLength ?? 0) !== sealSize) throw new WrongLengthError(sealSize, kept?.byteLength ?? 0);
      const value = new Uint8Array(size);
      await readExactly(body, behind === 0 || kept === undefined ? [value] : [value, kept], signal);
      return kept === undefined ? { value } : { value, seal: kept };
    };
    return this.#place.bucket.get(this.#place.keyOf(token), undefined, read);
  }

  async getSealedRange(
    token: string,
    offset: number,
    length: number,
    size: number,
    sealSize: number,
  ): Promise<Sealed | undefined> {
    const behind = sealBehind(sealSize);
    if (behind > 0) {
      const [value, seal] = await Promise.all([
        this.getRange(token, offset, length),
        this.getRange(token, size, behind),
      ]);
      return value === undefined || seal === undefined ? undefined : { value, seal };
    }
    const part = await this.#read(token, offset, length, size);
    if (part === undefined) return undefined;
    const { value, metadata } = part;
    const seal = unpackSeal(metadata);
    return seal === undefined ? { value } : { value, seal };
  }

  async getRange(token: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const part = length === 0 ? undefined : await this.#read(token, offset, length);
    if (part !== undefined && part.value.byteLength === length) return part.value;
    // What is missing is the seal in the metadata, or behind the end.
    const head = part ?? (await this.#headOf(token));
    if (head === undefined) return undefined;
    const seal = unpackSeal(head.metadata) ?? new Uint8Array(0);
    const inSeal = seal.subarray(Math.max(0, offset - head.total), Math.max(0, offset + length - head.total));
    const bytes = new Uint8Array((part?.value.byteLength ?? 0) + inSeal.byteLength);
    if (part !== undefined) bytes.set(part.value);
    bytes.set(inSeal, part?.value.byteLength ?? 0);
    return bytes;
  }

  async set(token: string, value: Uint8Array, seal: Uint8Array | undefined): Promise<void> {
    const key = this.#place.keyOf(token);
    const behind = sealBehind(seal?.byteLength ?? 0);
    if (seal === undefined || behind === 0)
      return this.#place.bucket.put(key, value, seal === undefined ? {} : packSeal(seal));
    const both = new Uint8Array(value.byteLength + behind);
    both.set(value);
    both.set(seal, value.byteLength);
    return this.#place.bucket.put(key, both, {});
  }

  async delete(token: string): Promise<void> {
    await this.#place.bucket.delete(this.#place.keyOf(token));
  }

  /** Reads what an object has of a range; `undefined` when that is nothing, or when there is no object. */
  async #read(token: string, offset: number, length: number, size?: number) {
    const read = async (answer: ObjectAnswer, signal: AbortSignal) => {
      const { status, contentRange = "", metadata, body } = answer;
      const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange) ?? [];
      if (status !== 206 || total === undefined) throw new WrongAnswerError("came whole instead of in part");
      if (size !== undefined && Number(total) !== size) throw new WrongLengthError(size, Number(total));
      const end = Math.min(offset + length, Number(total));
      if (Number(first) !== offset || Number(last) !== end - 1)
        throw new WrongAnswerError("came with another range");
      const value = new Uint8Array(end - offset);
      if (answer.length !== undefined && answer.length !== value.byteLength)
        throw new WrongAnswerError(`came with ${answer.length} instead of ${value.byteLength} bytes`);
      await readExactly(body, [value], signal);
      return { value, total: Number(total), metadata };
    };
    try {
      return await this.#place.bucket.get(this.#place.keyOf(token), { offset, length }, read);
    } catch (error) {
      // Nothing of the range lies within the object: 416, RFC 9110 section 15.5.17.
      if (error instanceof BucketError && (error.status === 416 || error.code === "InvalidRange"))
        return undefined;
      throw error;
    }
  }

  async #headOf(token: string) {
    const head = await this.#place.bucket.head(this.#place.keyOf(token));
    return head && { total: head.length ?? 0, metadata: head.metadata };
  }
}

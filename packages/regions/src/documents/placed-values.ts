import { DocumentTooLargeError, InvalidArgumentError, isRegionsError } from "../errors.ts";
import type { Region } from "../region.ts";
import { formatVersion } from "../version.ts";
import type { DocumentMode, DocumentOperation, Json } from "./document.ts";
import {
  type DocumentsOptions,
  MAX_HELD_BYTES,
  MAX_INLINE_BYTES,
  type Reference,
} from "./document-options.ts";
import { decodeValue, encodeValue, referenceOf } from "./document-value.ts";
import { fetchFromHolder, fetchReference } from "./fetched-value.ts";
import { HeldValues } from "./held-values.ts";

const NOTHING = new Uint8Array(0);

/** What an operation says of its value: it is the body, at an address, or held in the tiers. */
export interface PlacedValue {
  readonly body: Uint8Array;
  readonly facts: Pick<DocumentOperation, "size" | "url" | "held">;
}

/** Where the values of documents are: along with their operations, in the tiers of the cache, or where they refer to. */
export class PlacedValues {
  readonly #region: Region;
  readonly #mode: DocumentMode;
  readonly #origins: readonly string[];
  readonly #fetch: typeof fetch;
  readonly #token: string | undefined;
  readonly #held: HeldValues | undefined;

  /** Throws `InvalidArgumentError` for a mode or an origin that is none. */
  constructor(region: Region, options: DocumentsOptions) {
    const { mode = "json", storage, allowedOrigins = [], token, fetch: fetcher = fetch } = options;
    if (mode !== "json" && mode !== "text") throw new InvalidArgumentError("mode", mode, '"json" or "text"');
    for (const origin of allowedOrigins)
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        throw new InvalidArgumentError("allowedOrigins", origin, 'origins such as "https://files.example"');
    this.#region = region;
    this.#mode = mode;
    this.#origins = allowedOrigins;
    this.#fetch = fetcher;
    this.#token = token;
    this.#held = storage && new HeldValues(storage, region.settings.namespace);
  }

  /** Puts a value where it goes: along with the operation, into the tiers, or nowhere, for a reference. */
  async place(key: string, value: Json | Reference): Promise<PlacedValue> {
    if (isReference(value))
      return { body: NOTHING, facts: { size: 0, url: referenceOf(value.url, this.#origins).href } };
    const body = encodeValue(value, this.#mode);
    const size = body.byteLength;
    if (size <= MAX_INLINE_BYTES) return { body, facts: { size } };
    if (this.#held !== undefined && size <= MAX_HELD_BYTES)
      return { body: NOTHING, facts: { size, held: await this.#held.put(key, body) } };
    const advice =
      "Give the documents a storage for larger ones, or put { url } of a file, from an allowed origin.";
    throw new DocumentTooLargeError(key, "The value", size, MAX_INLINE_BYTES, advice);
  }

  /** Reads the value of an operation, from wherever it is. */
  async read(operation: DocumentOperation, body: Uint8Array): Promise<Json> {
    const { key, region, url, held } = operation;
    if (url !== undefined) return this.#referred(operation, url);
    let bytes = body;
    if (held !== undefined) bytes = await this.#heldValues(key).get(key, region, held);
    return decodeValue(bytes, this.#mode);
  }

  /** What a reference is to: fetched from there, or by the region that wrote it, which is nearer. */
  async #referred(operation: DocumentOperation, url: string): Promise<Json> {
    const { key, region } = operation;
    try {
      const bytes = await fetchReference(region, referenceOf(url, this.#origins), this.#fetch);
      return decodeValue(bytes, this.#mode);
    } catch (error) {
      if (!isRegionsError(error, "OriginNotAllowedError", "TransferError")) throw error;
      const holder = this.#region.members().find((it) => it.region === region && it.url !== undefined);
      if (holder?.url === undefined || region === this.#region.region) throw error;
      const from = { region, url: holder.url, token: this.#token, fetch: this.#fetch };
      const { namespace } = this.#region.settings;
      return (await fetchFromHolder(from, namespace, key, formatVersion(operation))) as Json;
    }
  }

  #heldValues(key: string): HeldValues {
    if (this.#held !== undefined) return this.#held;
    throw new InvalidArgumentError("storage", undefined, `the tiers of the cache: "${key}" is kept in those`);
  }
}

/** An object of nothing but `url` is a reference. */
function isReference(value: unknown): value is Reference {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  return names.length === 1 && names[0] === "url";
}

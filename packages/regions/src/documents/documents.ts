import { randomUUID } from "node:crypto";
import {
  ClosedError,
  DocumentTooLargeError,
  InvalidArgumentError,
  VersionNotReachedError,
} from "../errors.ts";
import type { Heard } from "../log/log-set.ts";
import type { Region } from "../region.ts";
import { assertOptions } from "../region-options.ts";
import { compareVersions, formatVersion, parseVersion } from "../version.ts";
import {
  type DocumentChange,
  type DocumentInfo,
  type DocumentMode,
  type DocumentOperation,
  isPresent,
  type Json,
  type StoredDocument,
  type SupersededWrite,
} from "./document.ts";
import { DocumentLog } from "./document-log.ts";
import {
  assertDocumentKey,
  assertListOptions,
  assertPutOptions,
  type DocumentsOptions,
  type GetOptions,
  type ListOptions,
  MAX_HELD_BYTES,
  MAX_INLINE_BYTES,
  type PutOptions,
  type Reference,
} from "./document-options.ts";
import { DocumentRequests } from "./document-requests.ts";
import { decodeValue, encodeValue, fetchReference, referenceOf } from "./document-value.ts";
import { HeldValues } from "./held-values.ts";
import { listDocuments } from "./listing.ts";
import { SupersededWrites } from "./superseded-writes.ts";
import { Watching } from "./watching.ts";

const NOTHING = new Uint8Array(0);

/** Milliseconds between two looks for a version that is not here yet: the first, and at most. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 250;

/**
 * Documents by key, written in one region and soon known in all.
 *
 * - A write is durable on the region's own NATS server when it is acknowledged, whatever the state of the cables.
 * - Reads are answered by that server too. In a region one reads what one wrote; from elsewhere it comes when it comes.
 * - Of two writes the one with the later version stands, in every region; versions follow what the writer had seen.
 *   A write that was replaced by one that did not know of it is counted and listed.
 * - Expiry is an instant, the same in every region.
 */
export class Documents {
  readonly #region: Region;
  readonly #mode: DocumentMode;
  readonly #origins: readonly string[];
  readonly #fetch: typeof fetch;
  readonly #log: DocumentLog;
  readonly #held: HeldValues | undefined;
  readonly #superseded: SupersededWrites;
  readonly #watching = new Set<Watching>();
  #requests: DocumentRequests | undefined;
  #isClosed = false;

  constructor(region: Region, options: DocumentsOptions = {}) {
    assertOptions("Documents", options, ["mode", "storage", "allowedOrigins", "fetch"]);
    const { mode = "json", storage, allowedOrigins = [], fetch: fetcher = fetch } = options;
    if (mode !== "json" && mode !== "text") throw new InvalidArgumentError("mode", mode, '"json" or "text"');
    for (const origin of allowedOrigins)
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        throw new InvalidArgumentError("allowedOrigins", origin, 'origins such as "https://files.example"');
    this.#region = region;
    this.#mode = mode;
    this.#origins = allowedOrigins;
    this.#fetch = fetcher;
    this.#log = new DocumentLog(region);
    this.#held = storage && new HeldValues(storage, region.settings.namespace);
    this.#superseded = new SupersededWrites(region, this.#log);
  }

  /**
   * Writes a document, or a reference to one, and resolves to its version once it is durable in this region.
   * Rejects with `RegionUnavailableError` where that is not certain: the same may be put again, under the same `id`.
   */
  async put(key: string, value: Json | Reference, options: PutOptions = {}): Promise<string> {
    this.#assertUsable(key);
    assertPutOptions(key, options);
    const { expiresIn, meta, id = randomUUID() } = options;
    const { body, size, ...where } = await this.#placed(key, value);
    const version = await this.#log.write(key, id, () => ({
      body,
      facts: {
        size,
        ...where,
        ...(expiresIn !== undefined && { expiresAt: this.#now() + expiresIn }),
        ...(meta !== undefined && { meta }),
      },
    }));
    return version as string;
  }

  /** Reads a document; `undefined` where there is none, or none any more. */
  async get(key: string, options: GetOptions = {}): Promise<StoredDocument | undefined> {
    this.#assertUsable(key);
    assertOptions("get", options, ["minVersion", "timeout"]);
    const latest = await this.#latest(key, options);
    return latest === undefined ? undefined : this.#documentOf(latest);
  }

  /** Deletes a document; resolves to the version of the deletion. */
  async delete(key: string, options: { readonly id?: string } = {}): Promise<string> {
    this.#assertUsable(key);
    assertOptions("delete", options, ["id"]);
    const gone = { body: NOTHING, facts: { deleted: true as const } };
    return (await this.#log.write(key, options.id ?? randomUUID(), () => gone)) as string;
  }

  /** Lets a document expire at an instant (milliseconds since 1970), by default now; false where there is none. */
  async expire(key: string, at?: number): Promise<boolean> {
    this.#assertUsable(key);
    const instant = at ?? this.#now();
    if (!Number.isFinite(instant)) throw new InvalidArgumentError("at", at, "milliseconds since 1970");
    const version = await this.#log.write(key, randomUUID(), ([latest]) => {
      if (latest === undefined || !isPresent(latest.operation, this.#now())) return undefined;
      const { size = 0, meta, url, held } = latest.operation;
      const kept = { size, ...(meta && { meta }), ...(url && { url }), ...(held && { held }) };
      return { body: latest.body, facts: { ...kept, expiresAt: instant } };
    });
    return version !== undefined;
  }

  /** A page of the documents that there are, in order of their keys. */
  async list(
    options: ListOptions = {},
  ): Promise<{ readonly documents: readonly DocumentInfo[]; readonly cursor: string | undefined }> {
    this.#assertOpen();
    assertListOptions(options);
    return listDocuments(this.#region.logs<DocumentOperation>("documents"), options, this.#now());
  }

  /**
   * Tells of each change from now on, of keys that begin so, made here or elsewhere, as it comes to be known in this
   * region. What was replaced before it came is left out. Ends when the caller leaves the loop, or on `close`.
   */
  async *watch(prefix = ""): AsyncGenerator<DocumentChange> {
    this.#assertOpen();
    const logs = this.#region.logs<DocumentOperation>("documents");
    const watching = new Watching(logs, ({ key }) => key.startsWith(prefix));
    this.#watching.add(watching);
    try {
      await watching.begun();
      for (let heard = await watching.next(); heard !== undefined; heard = await watching.next()) {
        const change = await this.#changeOf(heard);
        if (change !== undefined) yield change;
      }
    } finally {
      this.#watching.delete(watching);
      await watching.end();
    }
  }

  /** Writes of this and other regions that were replaced by ones that did not know of them, the latest last. */
  superseded(): { readonly count: number; readonly writes: readonly SupersededWrite[] } {
    return this.#superseded.report();
  }

  /** Answers clients without a server of their own region, for as long as the documents are open. */
  serve(): void {
    this.#requests ??= new DocumentRequests(this.#region, this);
  }

  /** Ends what is watched. The region stays open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#requests?.close();
    await this.#superseded.close();
    for (const watching of [...this.#watching]) await watching.end();
  }

  /** The latest operation on a key that is here, waiting for a version where one was asked for. */
  async #latest(key: string, options: GetOptions): Promise<Heard<DocumentOperation> | undefined> {
    const { minVersion, timeout = 5000 } = options;
    const wanted = minVersion === undefined ? undefined : parseVersion(minVersion);
    if (!Number.isFinite(timeout) || timeout < 0)
      throw new InvalidArgumentError("timeout", timeout, "milliseconds ≥ 0");
    let waited = 0;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const [latest] = await this.#log.lookUp(key);
      const isReached =
        latest !== undefined && (wanted === undefined || compareVersions(latest.operation, wanted) >= 0);
      if (isReached || wanted === undefined) return latest;
      if (waited >= timeout)
        throw new VersionNotReachedError(
          key,
          minVersion as string,
          latest && formatVersion(latest.operation),
          timeout,
        );
      const step = Math.min(pause, timeout - waited);
      await new Promise<void>((resolve) => void this.#region.settings.timers.set(resolve, step));
      waited += step;
    }
  }

  async #documentOf({ operation, body }: Heard<DocumentOperation>): Promise<StoredDocument | undefined> {
    if (!isPresent(operation, this.#now())) return undefined;
    const { key, expiresAt, meta = {}, url, held, region } = operation;
    let bytes = body;
    if (url !== undefined) bytes = await fetchReference(region, referenceOf(url, this.#origins), this.#fetch);
    if (held !== undefined) bytes = await this.#heldValues(key).get(key, region, held);
    const value = decodeValue(bytes, this.#mode);
    return { key, value, version: formatVersion(operation), expiresAt, meta };
  }

  /** Where the value of a put goes: along with the operation, into the tiers, or nowhere, for a reference. */
  async #placed(
    key: string,
    value: Json | Reference,
  ): Promise<{
    readonly body: Uint8Array;
    readonly size: number;
    readonly url?: string;
    readonly held?: string;
  }> {
    if (isReference(value))
      return { body: NOTHING, size: 0, url: referenceOf(value.url, this.#origins).href };
    const body = encodeValue(value, this.#mode);
    const size = body.byteLength;
    if (size <= MAX_INLINE_BYTES) return { body, size };
    if (this.#held !== undefined && size <= MAX_HELD_BYTES)
      return { body: NOTHING, size, held: await this.#held.put(key, body) };
    const advice =
      "Give the documents a storage for larger ones, or put { url } of a file, from an allowed origin.";
    throw new DocumentTooLargeError(key, "The value", size, MAX_INLINE_BYTES, advice);
  }

  #heldValues(key: string): HeldValues {
    if (this.#held === undefined)
      throw new InvalidArgumentError(
        "storage",
        undefined,
        `the tiers of the cache: "${key}" is kept in those`,
      );
    return this.#held;
  }

  /** What a message changed; nothing where a later operation is known already. */
  async #changeOf(heard: Heard<DocumentOperation>): Promise<DocumentChange | undefined> {
    const { operation } = heard;
    const [latest] = await this.#log.lookUp(operation.key);
    if (latest !== undefined && compareVersions(latest.operation, operation) > 0) return undefined;
    const document = await this.#documentOf(heard);
    if (document !== undefined) return { type: "put", document };
    return { type: "delete", key: operation.key, version: formatVersion(operation) };
  }

  #now(): number {
    return this.#region.settings.clock();
  }

  #assertUsable(key: unknown): asserts key is string {
    this.#assertOpen();
    assertDocumentKey(key);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError("Documents");
  }
}

/** An object of nothing but `url` is a reference. */
function isReference(value: unknown): value is Reference {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  return names.length === 1 && names[0] === "url";
}

import { randomUUID } from "node:crypto";
import {
  ClosedError,
  InvalidArgumentError,
  RegionUnavailableError,
  VersionNotReachedError,
} from "../errors.ts";
import type { Following, Heard } from "../log/log-set.ts";
import { keyToken } from "../names.ts";
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
import {
  assertDocumentKey,
  assertListOptions,
  assertPutOptions,
  type DocumentsOptions,
  type GetOptions,
  type ListOptions,
  type PutOptions,
  type Reference,
} from "./document-options.ts";
import { decodeValue, encodeValue, fetchReference, referenceOf } from "./document-value.ts";
import { listDocuments } from "./listing.ts";
import { SupersededWrites } from "./superseded-writes.ts";

/** How often a write is tried again that others of the region came before. */
const ATTEMPTS = 32;

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
  readonly #superseded: SupersededWrites;
  readonly #watching = new Set<() => Promise<void>>();
  #isClosed = false;

  constructor(region: Region, options: DocumentsOptions = {}) {
    assertOptions("Documents", options, ["mode", "allowedOrigins", "fetch"]);
    const { mode = "json", allowedOrigins = [], fetch: fetcher = fetch } = options;
    if (mode !== "json" && mode !== "text") throw new InvalidArgumentError("mode", mode, '"json" or "text"');
    for (const origin of allowedOrigins)
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        throw new InvalidArgumentError("allowedOrigins", origin, 'origins such as "https://files.example"');
    this.#region = region;
    this.#mode = mode;
    this.#origins = allowedOrigins;
    this.#fetch = fetcher;
    this.#superseded = new SupersededWrites(region);
  }

  /**
   * Writes a document, or a reference to one, and resolves to its version once it is durable in this region.
   * Rejects with `RegionUnavailableError` where that is not certain: the same may be put again, under the same `id`.
   */
  async put(key: string, value: Json | Reference, options: PutOptions = {}): Promise<string> {
    this.#assertUsable(key);
    assertPutOptions(key, options);
    const { expiresIn, meta, id = randomUUID() } = options;
    const url = isReference(value) ? referenceOf(value.url, this.#origins).href : undefined;
    const body = url === undefined ? encodeValue(key, value, this.#mode) : new Uint8Array(0);
    return this.#write(key, id, body, () => ({
      size: body.byteLength,
      ...(url !== undefined && { url }),
      ...(expiresIn !== undefined && { expiresAt: this.#now() + expiresIn }),
      ...(meta !== undefined && { meta }),
    }));
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
    return this.#write(key, options.id ?? randomUUID(), new Uint8Array(0), () => ({
      deleted: true as const,
    }));
  }

  /** Lets a document expire at an instant (milliseconds since 1970), by default now; false where there is none. */
  async expire(key: string, at?: number): Promise<boolean> {
    this.#assertUsable(key);
    const instant = at ?? this.#now();
    if (!Number.isFinite(instant)) throw new InvalidArgumentError("at", at, "milliseconds since 1970");
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const heard = await this.#lookUp(key);
      const latest = heard[0];
      if (latest === undefined || !isPresent(latest.operation, this.#now())) return false;
      const { size = 0, meta, url } = latest.operation;
      const facts = { size, ...(meta && { meta }), ...(url && { url }), expiresAt: instant };
      if (await this.#append(key, randomUUID(), latest.body, facts, heard)) return true;
    }
    throw new RegionUnavailableError(`The expiry of "${key}"`, new Error("others write it all the time"));
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
    const queue: Heard<DocumentOperation>[] = [];
    let wake: () => void = () => {};
    let isOver = false;
    const following: Promise<Following>[] = [];
    const begun = new Set(logs.streams.keys());
    const stopListening = logs.onStream((stream) => {
      // A log that is found later is new in all that it says.
      const behind = begun.has(stream) ? logs.end(stream) : Promise.resolve(0);
      const hear = (heard: Heard<DocumentOperation>) => {
        if (!heard.operation.key.startsWith(prefix)) return;
        queue.push(heard);
        wake();
      };
      following.push(behind.then((sequence) => logs.follow(stream, sequence, hear)));
    });
    const stop = async () => {
      isOver = true;
      stopListening();
      wake();
      for (const one of await Promise.allSettled(following))
        if (one.status === "fulfilled") await one.value.stop();
    };
    this.#watching.add(stop);
    try {
      await Promise.all(following);
      while (!isOver) {
        const heard = queue.shift();
        if (heard === undefined)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        else {
          const change = await this.#changeOf(heard);
          if (change !== undefined) yield change;
        }
      }
    } finally {
      this.#watching.delete(stop);
      await stop();
    }
  }

  /** Writes of this and other regions that were replaced by ones that did not know of them, the latest last. */
  superseded(): { readonly count: number; readonly writes: readonly SupersededWrite[] } {
    return this.#superseded.report();
  }

  /** Ends what is watched. The region stays open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#superseded.close();
    for (const stop of [...this.#watching]) await stop();
  }

  async #write(
    key: string,
    id: string,
    body: Uint8Array,
    facts: () => Partial<DocumentOperation>,
  ): Promise<string> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const heard = await this.#lookUp(key);
      const same = heard.find(({ operation }) => operation.id === id);
      if (same !== undefined) return formatVersion(same.operation);
      const version = await this.#append(key, id, body, facts(), heard);
      if (version !== undefined) return version;
    }
    throw new RegionUnavailableError(`The write of "${key}"`, new Error("others write it all the time"));
  }

  /** Appends to the region's log unless the key was written there since it was looked up. */
  async #append(
    key: string,
    id: string,
    body: Uint8Array,
    facts: Partial<DocumentOperation>,
    heard: readonly Heard<DocumentOperation>[],
  ): Promise<string | undefined> {
    const own = this.#region.own("documents");
    const before = heard.find(({ log }) => this.#region.names.stream(log) === own.stream)?.sequence ?? 0;
    const seen: Record<string, number> = {};
    for (const { operation } of heard)
      seen[operation.region] = Math.max(seen[operation.region] ?? 0, operation.clock);
    const clock = this.#region.clock.next(heard[0]?.operation.clock);
    const operation: DocumentOperation = { clock, region: this.#region.region, id, seen, key, ...facts };
    const isDone = await own.append(keyToken(key), operation, body, before);
    return isDone ? formatVersion(operation) : undefined;
  }

  /** The latest operation on a key that is here, waiting for a version where one was asked for. */
  async #latest(key: string, options: GetOptions): Promise<Heard<DocumentOperation> | undefined> {
    const { minVersion, timeout = 5000 } = options;
    const wanted = minVersion === undefined ? undefined : parseVersion(minVersion);
    if (!Number.isFinite(timeout) || timeout < 0)
      throw new InvalidArgumentError("timeout", timeout, "milliseconds ≥ 0");
    let waited = 0;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const [latest] = await this.#lookUp(key);
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

  async #lookUp(key: string): Promise<Heard<DocumentOperation>[]> {
    try {
      const heard = await this.#region.logs<DocumentOperation>("documents").lookUp(keyToken(key));
      return heard.filter(({ operation }) => operation.key === key);
    } catch (error) {
      throw new RegionUnavailableError(`"${key}"`, error);
    }
  }

  async #documentOf({ operation, body }: Heard<DocumentOperation>): Promise<StoredDocument | undefined> {
    if (!isPresent(operation, this.#now())) return undefined;
    const { key, expiresAt, meta = {}, url, region } = operation;
    const bytes =
      url === undefined ? body : await fetchReference(region, referenceOf(url, this.#origins), this.#fetch);
    const value = decodeValue(bytes, this.#mode);
    return { key, value, version: formatVersion(operation), expiresAt, meta };
  }

  /** What a message changed; nothing where a later operation is known already. */
  async #changeOf(heard: Heard<DocumentOperation>): Promise<DocumentChange | undefined> {
    const { operation } = heard;
    const [latest] = await this.#lookUp(operation.key);
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

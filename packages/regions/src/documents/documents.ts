import { randomUUID } from "node:crypto";
import { ClosedError, InvalidArgumentError } from "../errors.ts";
import type { Heard } from "../log/log-set.ts";
import type { Region } from "../region.ts";
import { assertOptions } from "../region-options.ts";
import { compareVersions, formatVersion } from "../version.ts";
import { latestOf } from "./awaited-version.ts";
import {
  type DocumentChange,
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
  type PutOptions,
  type Reference,
} from "./document-options.ts";
import { DocumentRequests } from "./document-requests.ts";
import { type DocumentPage, Listing } from "./listing.ts";
import { PlacedValues } from "./placed-values.ts";
import { SupersededWrites } from "./superseded-writes.ts";
import { Watching } from "./watching.ts";

const NOTHING = new Uint8Array(0);

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
  readonly #log: DocumentLog;
  readonly #values: PlacedValues;
  readonly #listing: Listing;
  readonly #superseded: SupersededWrites;
  readonly #watching = new Set<Watching>();
  #requests: DocumentRequests | undefined;
  #isClosed = false;

  constructor(region: Region, options: DocumentsOptions = {}) {
    assertOptions("Documents", options, ["mode", "storage", "allowedOrigins", "token", "fetch"]);
    this.#region = region;
    this.#values = new PlacedValues(region, options);
    this.#log = new DocumentLog(region);
    this.#listing = new Listing(region.logs("documents"), region.settings.clock);
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
    const { body, facts } = await this.#values.place(key, value);
    const version = await this.#log.write(key, id, () => ({
      body,
      facts: {
        ...facts,
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
    const { timers } = this.#region.settings;
    const latest = await latestOf(key, () => this.#log.lookUp(key), options, timers);
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

  /**
   * A page of the documents that there are, in order of their keys. Pages behind the first, by its `cursor`, may show
   * what there was up to a minute ago.
   */
  async list(options: ListOptions = {}): Promise<DocumentPage> {
    this.#assertOpen();
    assertListOptions(options);
    return this.#listing.page(options);
  }

  /**
   * Tells of each change from now on, of keys that begin so, made here or elsewhere, as it comes to be known in this
   * region. What was replaced before it came is left out. Ends when the caller leaves the loop, or on `close`.
   */
  async *watch(prefix = ""): AsyncGenerator<DocumentChange> {
    this.#assertOpen();
    const logs = this.#region.logs("documents");
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
    this.#listing.forget();
    this.#requests?.close();
    await this.#superseded.close();
    for (const watching of [...this.#watching]) await watching.end();
  }

  async #documentOf({ operation, body }: Heard<DocumentOperation>): Promise<StoredDocument | undefined> {
    if (!isPresent(operation, this.#now())) return undefined;
    const { key, expiresAt, meta = {} } = operation;
    const value = await this.#values.read(operation, body);
    return { key, value, version: formatVersion(operation), expiresAt, meta };
  }

  /** What a message changed; nothing where a later operation is known already. */
  async #changeOf(heard: Heard<DocumentOperation>): Promise<DocumentChange | undefined> {
    const { operation } = heard;
    // Where that cannot be told at present, it is told as it came.
    const [latest] = await this.#log.lookUp(operation.key).catch(() => []);
    if (latest !== undefined && compareVersions(latest.operation, operation) > 0) return undefined;
    const { key } = operation;
    const version = formatVersion(operation);
    try {
      const document = await this.#documentOf(heard);
      if (document !== undefined) return { type: "put", document };
    } catch (error) {
      return { type: "unreadable", key, version, error };
    }
    return { type: "delete", key, version };
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

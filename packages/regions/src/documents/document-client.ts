import { randomUUID } from "node:crypto";
import { createInbox } from "@nats-io/transport-node";
import { InvalidArgumentError, NobodyHasItError, RegionUnavailableError, TransferError } from "../errors.ts";
import { connectTo, isConnection, type NatsAddress, type NatsConnection } from "../link.ts";
import { Names } from "../names.ts";
import { assertOptions } from "../region-options.ts";
import type { Json, StoredDocument } from "./document.ts";
import { assertDocumentKey, assertPutOptions, type PutOptions } from "./document-options.ts";
import type { ReadReply, WriteReply } from "./document-requests.ts";
import { fetchDocument } from "./fetched-value.ts";

/** Options of a client. */
export interface DocumentClientOptions {
  /** Any NATS server that is connected with those of the regions. */
  readonly nats: NatsAddress;
  /** As the members have it. Default `"zarr-cache"`. */
  readonly namespace?: string;
  /** Milliseconds to wait for an answer. Default 1 000. */
  readonly deadline?: number;
  /** What members ask for. Default none. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

/** How often a question is asked until its deadline. */
const TIMES_ASKED = 4;

/**
 * Reads and writes documents without being a member of a region: it asks, and the first member that answers counts, which
 * is the nearest one. A body goes to that member by HTTP, and is durable there when it is acknowledged.
 */
export class DocumentClient {
  readonly #connection: NatsConnection;
  readonly #isOwn: boolean;
  readonly #names: Names;
  readonly #namespace: string;
  readonly #deadline: number;
  readonly #token: string | undefined;
  readonly #fetch: typeof fetch;

  private constructor(connection: NatsConnection, options: DocumentClientOptions) {
    const { namespace = "zarr-cache", deadline = 1000, token, fetch: fetcher = fetch } = options;
    this.#connection = connection;
    this.#isOwn = !isConnection(options.nats);
    this.#names = new Names(namespace);
    this.#namespace = namespace;
    this.#deadline = deadline;
    this.#token = token;
    this.#fetch = fetcher;
  }

  /** Connects; rejects with `RegionUnavailableError` where the server cannot be reached. */
  static async open(options: DocumentClientOptions): Promise<DocumentClient> {
    assertOptions("DocumentClient", options, ["nats", "namespace", "deadline", "token", "fetch"]);
    const { nats, deadline = 1000 } = options;
    if (!Number.isFinite(deadline) || deadline < 1)
      throw new InvalidArgumentError("deadline", deadline, "milliseconds ≥ 1");
    return new DocumentClient(isConnection(nats) ? nats : await connectTo(nats, "client"), options);
  }

  /**
   * Reads a document from the first member that has it, by HTTP where it is too large for a message. Rejects with
   * `NobodyHasItError` where none says so in time, and with `TransferError` where none that does hands it over.
   */
  async get(key: string): Promise<StoredDocument> {
    assertDocumentKey(key);
    let failure: unknown;
    for await (const { region, document, url } of this.#ask<ReadReply>("read", key)) {
      if (document !== undefined) return document;
      if (url === undefined) continue;
      try {
        return await this.#fetchFrom(region, url, key);
      } catch (error) {
        failure = error;
      }
    }
    throw failure ?? new NobodyHasItError(key, this.#deadline);
  }

  /** Writes a document at the first member that takes it, and at the next one with the same message where that fails. */
  async put(key: string, value: Json, options: PutOptions = {}): Promise<string> {
    assertDocumentKey(key);
    assertPutOptions(key, options);
    const { id = randomUUID(), expiresIn, meta } = options;
    const query = new URLSearchParams();
    if (expiresIn !== undefined) query.set("expiresIn", String(expiresIn));
    if (meta !== undefined) query.set("meta", JSON.stringify(meta));
    return this.#send(key, `?${query}`, { method: "PUT", body: JSON.stringify(value) }, id);
  }

  /** Deletes a document, as {@link DocumentClient.put} writes one. */
  async delete(key: string): Promise<string> {
    assertDocumentKey(key);
    return this.#send(key, "", { method: "DELETE" }, randomUUID());
  }

  async close(): Promise<void> {
    if (this.#isOwn) await this.#connection.close();
  }

  async #fetchFrom(region: string, url: string, key: string): Promise<StoredDocument> {
    const holder = { region, url, token: this.#token, fetch: this.#fetch };
    const { value, version, expiresAt, meta = {} } = await fetchDocument(holder, this.#namespace, key);
    if (version === undefined || value === undefined)
      throw new TransferError(region, `answers no document for "${key}"`);
    return { key, value, version, expiresAt, meta };
  }

  async #send(key: string, query: string, request: RequestInit, id: string): Promise<string> {
    let last: unknown = new Error("no member is there");
    for await (const { url, region } of this.#ask<WriteReply>("write", key)) {
      try {
        const path = `documents/${this.#namespace}/${encodeURIComponent(key)}`;
        const answer = await this.#fetch(`${url.replace(/\/$/, "")}/${path}${query}`, {
          ...request,
          redirect: "error",
          signal: AbortSignal.timeout(10 * this.#deadline),
          headers: {
            "content-type": "application/json",
            "idempotency-key": id,
            ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
          },
        });
        const told = (await answer.json().catch(() => ({}))) as { version?: string; error?: string };
        const { version, error } = told;
        if (answer.ok && version !== undefined) return version;
        last = new TransferError(region, `refused the write: ${error ?? `status ${answer.status}`}`);
        // What one member finds wrong with it all will.
        if (answer.status >= 400 && answer.status < 500) break;
      } catch (error) {
        last = error;
      }
    }
    if (last instanceof TransferError) throw last;
    throw new RegionUnavailableError(`The write of "${key}"`, last);
  }

  /**
   * The answers to a question, one of each member, as they come until the deadline. It is asked several times, since
   * NATS delivers at most once, and a member that has just come may not have been heard of.
   */
  async *#ask<Reply extends { readonly member: string }>(
    what: "read" | "write",
    key: string,
  ): AsyncGenerator<Reply> {
    const inbox = createInbox();
    const answers = this.#connection.subscribe(inbox);
    const heard = new Set<string>();
    const ask = () =>
      this.#connection.publish(this.#names.requests(what), JSON.stringify({ key }), { reply: inbox });
    const again = setInterval(ask, this.#deadline / TIMES_ASKED);
    const timer = setTimeout(() => answers.unsubscribe(), this.#deadline);
    try {
      ask();
      for await (const answer of answers) {
        if (answer.data.byteLength === 0) continue;
        const reply = answer.json<Reply>();
        if (heard.has(reply.member)) continue;
        heard.add(reply.member);
        yield reply;
      }
    } finally {
      clearInterval(again);
      clearTimeout(timer);
      answers.unsubscribe();
    }
  }
}

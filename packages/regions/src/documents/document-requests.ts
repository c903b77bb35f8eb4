import type { Msg, Subscription } from "@nats-io/transport-node";
import type { Region } from "../region.ts";
import type { StoredDocument } from "./document.ts";
import { assertDocumentKey } from "./document-options.ts";
import type { Documents } from "./documents.ts";

/** What a member answers that has the document that was asked for. */
export interface ReadReply {
  readonly member: string;
  readonly region: string;
  /** Absent where it is too large for a message. */
  readonly document?: StoredDocument;
  /** Where such a one is fetched from, by HTTP. */
  readonly url?: string;
}

/** What a member answers that can take the body of a write. */
export interface WriteReply {
  readonly member: string;
  readonly region: string;
  /** Where the body is sent, by PUT. */
  readonly url: string;
}

/** Bytes of a reply at most, where the server allows so many: a document that makes a larger one is fetched from the member. */
const LARGEST_REPLY = 900_000;

const encoder = new TextEncoder();

/**
 * Answers the requests of clients that have no server of their own region: to "who has this?" only a member that has it
 * says so, and to "who can take this?" every one that is there. The first answer counts; the nearest member gives it.
 */
export class DocumentRequests {
  readonly #region: Region;
  readonly #documents: Documents;
  readonly #subscriptions: Subscription[];

  constructor(region: Region, documents: Documents) {
    this.#region = region;
    this.#documents = documents;
    this.#subscriptions = [
      this.#subscribe("read", (message) => this.#read(message)),
      this.#subscribe("write", (message) => this.#write(message)),
    ];
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #subscribe(what: "read" | "write", answer: (message: Msg) => Promise<void> | void): Subscription {
    const { link, names } = this.#region;
    return link.connection.subscribe(names.requests(what), {
      callback: (error, message) => {
        // Who cannot answer says nothing: the connection may be gone.
        if (error === null)
          void Promise.resolve(message)
            .then(answer)
            .catch(() => {});
      },
    });
  }

  async #read(message: Msg): Promise<void> {
    const key = keyOf(message);
    if (key === undefined) return;
    // Who cannot tell says nothing: somebody else may have it.
    const document = await this.#documents.get(key).catch(() => undefined);
    if (document === undefined) return;
    const { id: member, region, link, settings } = this.#region;
    const reply = (how: Pick<ReadReply, "document" | "url">): Uint8Array =>
      encoder.encode(JSON.stringify({ member, region, ...how } satisfies ReadReply));
    const whole = reply({ document });
    const most = Math.min(LARGEST_REPLY, link.connection.info?.max_payload ?? LARGEST_REPLY);
    if (whole.byteLength <= most) message.respond(whole);
    else if (settings.url !== undefined) message.respond(reply({ url: settings.url }));
  }

  #write(message: Msg): void {
    const { url } = this.#region.settings;
    if (url === undefined || keyOf(message) === undefined) return;
    const reply: WriteReply = { member: this.#region.id, region: this.#region.region, url };
    message.respond(JSON.stringify(reply));
  }
}

function keyOf(message: Msg): string | undefined {
  try {
    const { key } = message.json<{ key?: unknown }>();
    assertDocumentKey(key);
    return key;
  } catch {
    return undefined;
  }
}

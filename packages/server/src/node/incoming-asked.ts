import type { IncomingMessage, ServerResponse } from "node:http";
import { type Asked, withoutPort } from "../http/asked.ts";

/** A name with or without a port, and nothing that a URL would have to encode. */
const PLAIN_HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Most requests of a server name it the same way. */
let last = { written: "", host: "" };

/** The name that a request names the server by, without port; `undefined` where it is none, or takes some reading. */
export function plainHost({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  const written = headers.host;
  if (written === undefined) return undefined;
  if (written !== last.written) {
    if (!PLAIN_HOST.test(written)) return undefined;
    last = { written, host: withoutPort(written) };
  }
  return last.host;
}

/** What a request of Node asks; nothing is read, parsed or made of it that no answer needs. */
export class IncomingAsked implements Asked {
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly host: string;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #leaving: AbortController | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, path: string, host: string) {
    this.method = incoming.method ?? "GET";
    this.target = incoming.url ?? "/";
    this.path = path;
    this.host = host;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  get headers(): Pick<Headers, "get"> {
    return this;
  }

  /** The value of a header, whose name is in lower case. */
  get(name: string): string | null {
    const value = this.#incoming.headers[name];
    return value === undefined ? null : typeof value === "string" ? value : value.join(", ");
  }

  get peer(): string | undefined {
    return this.#incoming.socket.remoteAddress;
  }

  get signal(): AbortSignal {
    let leaving = this.#leaving;
    if (leaving === undefined) {
      leaving = new AbortController();
      this.#leaving = leaving;
      const outgoing = this.#outgoing;
      const leave = () => {
        if (!outgoing.writableFinished) leaving?.abort();
      };
      if (outgoing.destroyed) leave();
      else outgoing.once("close", leave);
    }
    return leaving.signal;
  }
}

import type { ClientAddress } from "../guard/client-address.ts";
import type { Answer } from "../http/answer.ts";
import type { Asked } from "../http/asked.ts";
import type { Log } from "../log.ts";

/** How requests are logged. */
export interface AccessLogOptions {
  readonly log: Log;
  /** Which part of them is written, from 0 to 1. What the server failed at is always written. */
  readonly share: number;
  readonly clientAddress?: ClientAddress | undefined;
  /** Numbers from 0 to 1. */
  readonly random?: () => number;
}

const LONGEST = 200;

/**
 * Writes a line for each request, or for some: who asked, for what, and what became of it, once the answer is made. No
 * header that may hold a secret is written, and no query.
 */
export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #random: () => number;

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  answered(asked: Asked, { status, headers }: Answer, milliseconds: number): void {
    const { log, share, clientAddress } = this.#options;
    if (status < 500 && share < 1 && this.#random() >= share) return;
    const { method, path } = asked;
    log.info(
      {
        client: clientAddress?.(asked) ?? asked.peer,
        method,
        path,
        status,
        bytes: Number(headers["Content-Length"] ?? 0),
        milliseconds: Math.round(milliseconds * 1000) / 1000,
        cache: headers["Cache-Status"],
        range: asked.headers.get("range")?.slice(0, LONGEST),
        agent: asked.headers.get("user-agent")?.slice(0, LONGEST),
      },
      "request",
    );
  }
}

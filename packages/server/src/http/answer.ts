/** Names and values, in the order in which they are sent. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/**
 * What is answered. Made in one place for all ways out: {@link toResponse} makes a `Response` of it, and `writeAnswer` writes
 * it to a connection of Node.
 */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Of the length that the headers tell. Nobody writes to these bytes any more, however long they take to go out. */
  readonly body?: Uint8Array | undefined;
}

/** An answer as a `Response`. */
export function toResponse({ status, headers, body }: Answer): Response {
  return new Response((body as Uint8Array<ArrayBuffer> | undefined) ?? null, { status, headers });
}

/** The same answer with more headers. */
export function answerWith(answer: Answer, more: AnswerHeaders): Answer {
  return { ...answer, headers: { ...answer.headers, ...more } };
}

/** The answer to `HEAD`, from that to `GET`. */
export function withoutBody({ status, headers }: Answer): Answer {
  return { status, headers };
}

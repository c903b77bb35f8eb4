/** A place in the stream of what was dropped. */
export interface StreamPlace {
  /** Life of the index. */
  readonly epoch: string;
  /** Id of the last message in the stream. */
  readonly id: string;
  /** Number of that message: they are counted, so that a gap is seen. */
  readonly number: number;
}

/** A message of the stream. */
export interface StreamMessage {
  readonly number: number;
  readonly storeId: string;
  readonly path: string;
  /** The client that dropped it. */
  readonly origin: string | undefined;
}

const PLACE = /^(\w+) (\d+-\d+) (\d+)$/;

/** A place as text, for whoever comes back to it later. */
export function showPlace({ epoch, id, number }: StreamPlace): string {
  return `${epoch} ${id} ${number}`;
}

/** The place that a text tells; `undefined` for a text that tells none. */
export function parsePlace(text: string): StreamPlace | undefined {
  const [, epoch = "", id = "", number] = PLACE.exec(text) ?? [];
  return number === undefined ? undefined : { epoch, id, number: Number(number) };
}

/** Reads the fields of a message. */
export function readMessage(fields: readonly Buffer[]): StreamMessage {
  const message = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2)
    message.set(String(fields[i]), (fields[i + 1] as Buffer).toString("utf8"));
  return {
    number: Number(message.get("n")),
    storeId: message.get("s") ?? "",
    path: message.get("p") ?? "/",
    origin: message.get("o"),
  };
}

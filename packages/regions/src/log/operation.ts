import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { Version } from "../version.ts";

/** What every operation tells, whatever it is of. */
export interface Operation extends Version {
  /** Names the message, so that one that is repeated counts once. */
  readonly id: string;
  /** The clock of the last operation on the same key that the writer knew of each region, its own included. */
  readonly seen: Readonly<Record<string, number>>;
}

/** An operation as a log holds it. */
export interface Logged<T extends Operation> {
  readonly operation: T;
  readonly body: Uint8Array;
  readonly sequence: number;
}

const HEADER = "Zc-Operation";

/** Everything but the body, as a header: it can be read without the body. Headers are ASCII. */
export function toHeaders(operation: Operation): MsgHdrs {
  const all = headers();
  const text = JSON.stringify(operation);
  all.set(
    HEADER,
    text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
  return all;
}

/** Reads what {@link toHeaders} wrote; `undefined` for a message that is not ours, or of a form that is not known. */
export function fromHeaders<T extends Operation>(all: MsgHdrs | undefined): T | undefined {
  const text = all?.get(HEADER);
  if (!text) return undefined;
  try {
    const found = JSON.parse(text) as Partial<T>;
    const isWhole =
      Number.isSafeInteger(found.clock) &&
      typeof found.region === "string" &&
      typeof found.id === "string" &&
      typeof found.seen === "object" &&
      found.seen !== null;
    return isWhole ? (found as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether neither of two operations on a key was written in knowledge of the other. */
export function areConcurrent(a: Operation, b: Operation): boolean {
  if (a.id === b.id || a.region === b.region) return false;
  return (a.seen[b.region] ?? 0) < b.clock && (b.seen[a.region] ?? 0) < a.clock;
}

import { InvalidValueError } from "../errors.ts";
import type { Key } from "../key.ts";
import { copyBytes } from "../range.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { Source } from "./source.ts";
import type { SourceAnswer, SourceRead } from "./source-answer.ts";

/** What a source is called with. */
export type SourceCallsContext = Pick<ReaderContext, "source" | "counters" | "events">;

/** An answer, and the milliseconds that it took: without the time that a range waits for its neighbours. */
export type TimedAnswer = SourceAnswer & { readonly took?: number };

/** Calls a source, whichever way it can be read; checks what it answers, counts the call and tells of it. */
export async function callSource(
  { source, counters, events }: SourceCallsContext,
  key: Key,
  read: SourceRead,
): Promise<TimedAnswer> {
  const started = performance.now();
  let answer: SourceAnswer;
  counters.source.reads++;
  try {
    answer = source.read === undefined ? await plainly(source, key, read) : await source.read(key, read);
    assertAnswer(key, read, answer);
  } catch (error) {
    counters.source.failures++;
    throw error;
  }
  const milliseconds = performance.now() - started;
  const bytes = answer.status === "value" ? answer.value.byteLength : 0;
  counters.source.milliseconds += milliseconds;
  counters.source.bytes += bytes;
  if (answer.status === "unchanged") counters.source.unchanged++;
  if (answer.status === "missing") counters.source.missing++;
  events.emit("fetch", { key, ...(read.range && { range: read.range }), bytes, milliseconds });
  return { ...answer, took: answer.cost ?? milliseconds };
}

/** Bytes are copied: a store may hand out a view, or go on writing to what it has handed out. */
async function plainly(
  source: Source,
  key: Key,
  { range, signal, demanded }: SourceRead,
): Promise<SourceAnswer> {
  const how = { ...(signal && { signal }), ...(demanded && { demanded }) };
  const value: unknown = await (range === undefined
    ? source.get(key, how)
    : source.getRange?.(key, range, how));
  if (value === undefined) return { status: "missing" };
  return { status: "value", value: value instanceof Uint8Array ? copyBytes(value) : (value as Uint8Array) };
}

function assertAnswer(key: Key, { ifNoneMatch }: SourceRead, answer: SourceAnswer): void {
  const status = answer?.status;
  if (status === "missing" || (status === "unchanged" && ifNoneMatch !== undefined)) return;
  const value: unknown = status === "value" ? answer.value : status;
  if (!(value instanceof Uint8Array)) throw new InvalidValueError(key, value, "The source's answer");
}

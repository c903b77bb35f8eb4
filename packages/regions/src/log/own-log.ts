import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { RegionFullError, RegionUnavailableError } from "../errors.ts";
import type { RegionLink } from "../link.ts";
import type { LogKind, Names } from "../names.ts";
import { type Operation, toHeaders } from "./operation.ts";

/** How large a log may become, and how often it is kept. */
export interface LogLimits {
  /** Bytes; -1 for as much as JetStream may use. */
  readonly maxBytes: number;
  /** Milliseconds that operations are kept; 0 for ever. */
  readonly maxAge: number;
  /** Servers of the region's NATS cluster that keep it. */
  readonly replicas: number;
}

type LogLength = Pick<StreamConfig, "max_bytes" | "max_age"> &
  Partial<Pick<StreamConfig, "max_msgs_per_subject">>;

/** Codes of JetStream: another stream has these subjects; no room. */
const OVERLAPS = 10065;
const FULL = new Set([10077, 10023, 10047, 10028]);

/**
 * Milliseconds in which the server knows the names of messages again. Longer than a message can be under way: a connection
 * that is broken is noticed within 15 s, and the system's last attempts to send end two minutes after that.
 */
export const NAMES_KEPT = 300_000;

/** What this region writes of one kind. Only its own members write to it. */
export interface OwnLog {
  readonly stream: string;
  /** Appends an operation under a key's token, and resolves to its sequence; the same operation given twice counts once. */
  append(token: string, operation: Operation, body: Uint8Array): Promise<number>;
  /**
   * Appends an operation over the last one on its key that the writer knows, at the sequence `after` (0: none). Resolves
   * to `undefined` once it is durable, or to the sequence of what another member has written over that one already. Of
   * several members one comes through, if each appends within {@link NAMES_KEPT} of its look.
   *
   * The message is named by the one that it follows, and a name counts once. It carries no condition on that one: mirrors
   * of nats-server 2.9 check conditions again, and one that lacks the message before, since it was replaced before the mirror
   * began, or while it was cut off, would stay there for ever.
   */
  appendOver(
    after: number,
    token: string,
    operation: Operation,
    body: Uint8Array,
  ): Promise<number | undefined>;
}

/** Opens the region's log of a kind, or makes it, under a new random life. Several may do so at the same moment. */
export async function openOwnLog(
  link: RegionLink,
  names: Names,
  kind: LogKind,
  region: string,
  limits: LogLimits,
  newLife: () => string,
): Promise<OwnLog> {
  const subjects = [names.subject(kind, region, ">")];
  let stream = await streamOf(link, subjects[0] as string);
  if (stream === undefined) {
    const name = names.stream({ kind, region, life: newLife() });
    try {
      await link.manager.streams.add({
        name,
        subjects,
        storage: StorageType.File,
        retention: RetentionPolicy.Limits,
        // Of documents nothing may be lost that was acknowledged: what has no room is refused. The rest can be had again.
        discard: kind === "documents" ? DiscardPolicy.New : DiscardPolicy.Old,
        ...lengthOf(kind, limits),
        duplicate_window: (limits.maxAge === 0 ? NAMES_KEPT : Math.min(limits.maxAge, NAMES_KEPT)) * 1e6,
        num_replicas: limits.replicas,
      });
      stream = name;
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== OVERLAPS) throw streamError(name, error);
      stream = await streamOf(link, subjects[0] as string);
      if (stream === undefined) throw streamError(name, error);
    }
  }
  const own = stream;
  const publish = async (token: string, operation: Operation, body: Uint8Array, msgID: string) => {
    try {
      // Not to the log that another member has begun since the server lost this one: its end is not known here yet.
      const options = { headers: toHeaders(operation), msgID, expect: { streamName: own } };
      return await link.publisher.publish(names.subject(kind, region, token), body, options);
    } catch (error) {
      throw streamError(own, error);
    }
  };
  return {
    stream: own,
    async append(token, operation, body) {
      return (await publish(token, operation, body, operation.id)).seq;
    },
    async appendOver(after, token, operation, body) {
      const { duplicate, seq } = await publish(token, operation, body, `${token}.${after}`);
      return duplicate ? seq : undefined;
    },
  };
}

/** How much of a log is kept: of documents and parts the last operation on each key, of drops all, within their bounds. */
export function lengthOf(kind: LogKind, { maxBytes, maxAge }: LogLimits): LogLength {
  return {
    max_bytes: maxBytes,
    max_age: maxAge * 1e6,
    ...(kind !== "drops" && { max_msgs_per_subject: 1 }),
  };
}

async function streamOf(link: RegionLink, subject: string): Promise<string | undefined> {
  for await (const info of link.manager.streams.list(subject))
    if (info.config.mirror === undefined) return info.config.name;
  return undefined;
}

function streamError(stream: string, error: unknown): Error {
  if (error instanceof JetStreamApiError && FULL.has(error.code)) return new RegionFullError(stream, error);
  return new RegionUnavailableError(`A message for stream "${stream}"`, error);
}

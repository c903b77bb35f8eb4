import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType } from "@nats-io/jetstream";
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

/** Codes of JetStream: another stream has these subjects; the subject was written meanwhile; no room. */
const OVERLAPS = 10065;
const WROTE_MEANWHILE = 10071;
const FULL = new Set([10077, 10023, 10047, 10028]);

/** What this region writes of one kind. Only its own members write to it. */
export interface OwnLog {
  readonly stream: string;
  /**
   * Appends an operation under a key's token. Resolves to false when somebody else wrote the same key since the sequence
   * `after` (0: nothing yet); the same operation given twice counts once.
   */
  append(token: string, operation: Operation, body: Uint8Array, after?: number): Promise<boolean>;
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
        max_bytes: limits.maxBytes,
        max_age: limits.maxAge * 1e6,
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
  return {
    stream: own,
    async append(token, operation, body, after) {
      try {
        await link.publisher.publish(names.subject(kind, region, token), body, {
          headers: toHeaders(operation),
          msgID: operation.id,
          ...(after !== undefined && { expect: { streamName: own, lastSubjectSequence: after } }),
        });
        return true;
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === WROTE_MEANWHILE) return false;
        throw streamError(own, error);
      }
    },
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

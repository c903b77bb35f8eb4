import { createHash } from "node:crypto";
import { InvalidArgumentError } from "./errors.ts";

/**
 * What a log is of. Of `documents` and `parts` the last operation of each key in each region is kept; `drops` are
 * invalidations, of which all are kept in order.
 */
export type LogKind = "documents" | "parts" | "drops";

export const LOG_KINDS: readonly LogKind[] = ["documents", "parts", "drops"];

/** A stream that holds what one life of one region wrote of one kind. */
export interface LogName {
  readonly kind: LogKind;
  readonly region: string;
  /** Random name of one life of the region's disk: a region that lost its disk writes a new log. */
  readonly life: string;
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** Throws `InvalidArgumentError` unless the name can be part of subjects and streams. */
export function assertName(what: string, name: unknown): asserts name is string {
  if (typeof name !== "string" || !NAME.test(name))
    throw new InvalidArgumentError(what, name, '1 to 32 of a–z, 0–9 and -, such as "eu-central-1"');
}

/** The subjects of one namespace, and the names of its streams. */
export class Names {
  readonly #namespace: string;

  constructor(namespace: string) {
    assertName("namespace", namespace);
    this.#namespace = namespace;
  }

  /** The stream of a log: the same name in every region that has it. */
  stream({ kind, region, life }: LogName): string {
    return `ZC_${this.#namespace}_${kind}_${region}_${life}`;
  }

  /** The inverse of {@link Names.stream}; `undefined` for a stream of something else. */
  logOf(stream: string): LogName | undefined {
    const [mark, namespace, kind, region, life, ...rest] = stream.split("_");
    if (mark !== "ZC" || namespace !== this.#namespace || rest.length > 0) return undefined;
    if (region === undefined || life === undefined || !LOG_KINDS.includes(kind as LogKind)) return undefined;
    return { kind: kind as LogKind, region, life };
  }

  /** Where a region writes what concerns a key. Without the life: a region has one log of a kind, and the server sees to it. */
  subject(kind: LogKind, region: string, token: string): string {
    return `zc.${this.#namespace}.${kind}.${region}.${token}`;
  }

  /** Where members tell of themselves, and are asked to. */
  members(what: "here" | "ask"): string {
    return `zc.${this.#namespace}.members.${what}`;
  }

  /** Where documents are asked for, and offered places. */
  requests(what: "read" | "write"): string {
    return `zc.${this.#namespace}.requests.${what}`;
  }
}

/** A key as one token of a subject, whatever characters it has: 128 bits of its SHA-256. */
export function keyToken(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, 22);
}

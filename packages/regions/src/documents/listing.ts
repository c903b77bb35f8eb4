import type { Clock } from "zarr-cache";
import type { LogSet } from "../log/log-set.ts";
import { formatVersion } from "../version.ts";
import { type DocumentInfo, type DocumentOperation, isPresent } from "./document.ts";
import type { ListOptions } from "./document-options.ts";
import { type Gathered, gather } from "./gathering.ts";

const DEFAULT_LIMIT = 100;

/** Bytes of documents that are gathered ahead of a page, roughly; so many of several listings are kept for the next pages. */
const AHEAD = 8 * 2 ** 20;
const KEPT = 4;

/** Milliseconds that what was gathered serves further pages. */
const LASTS = 60_000;

/** A page of documents, and where the next one begins. */
export interface DocumentPage {
  readonly documents: readonly DocumentInfo[];
  readonly cursor: string | undefined;
}

interface Ahead extends Gathered {
  /** The key behind which this is all that there is; `undefined` for the beginning. */
  readonly from: string | undefined;
  /** When it was gathered. */
  readonly at: number;
}

/**
 * Pages of documents, in order of their keys. The servers know no such order, so that all keys are read once to gather what
 * comes first: megabytes of it, for the pages that follow. A cursor is a key, which every member can go on from.
 */
export class Listing {
  readonly #logs: Pick<LogSet<DocumentOperation>, "streams" | "last">;
  readonly #clock: Clock;
  readonly #ahead: number;
  readonly #kept = new Map<string, Ahead>();

  constructor(
    logs: Pick<LogSet<DocumentOperation>, "streams" | "last">,
    clock: Clock,
    ahead: number = AHEAD,
  ) {
    this.#logs = logs;
    this.#clock = clock;
    this.#ahead = ahead;
  }

  /** A page behind a cursor. The first shows what there is now, a further one may show what there was a minute ago. */
  async page({ prefix = "", meta = {}, limit = DEFAULT_LIMIT, cursor }: ListOptions): Promise<DocumentPage> {
    const name = JSON.stringify([prefix, meta]);
    const now = this.#clock();
    const gatherBehind = async (after: string | undefined): Promise<Ahead> => {
      const gathered = await gather(this.#logs, { prefix, meta, after }, now, this.#ahead);
      return { ...gathered, from: after, at: now };
    };
    const found: DocumentOperation[] = [];
    let ahead = this.#take(name, cursor, now) ?? (await gatherBehind(cursor));
    for (let after = cursor; ; after = ahead.from) {
      const { documents, bound } = ahead;
      for (let n = placeBehind(documents, after); n < documents.length && found.length <= limit; n++) {
        const operation = documents[n] as DocumentOperation;
        if (isPresent(operation, now)) found.push(operation);
      }
      if (found.length > limit || bound === undefined) break;
      ahead = await gatherBehind(bound);
    }
    const page = found.slice(0, limit);
    const next = found.length > limit ? page.at(-1)?.key : undefined;
    if (next !== undefined) this.#keep(name, { ...ahead, from: next });
    return { documents: page.map(infoOf), cursor: next };
  }

  /** Lets go of what was gathered for further pages. */
  forget(): void {
    this.#kept.clear();
  }

  /** What was gathered already of the documents behind a cursor, where that is not too old. */
  #take(name: string, cursor: string | undefined, now: number): Ahead | undefined {
    const kept = this.#kept.get(name);
    if (kept?.from === undefined || cursor === undefined) return undefined;
    if (now < kept.at || now - kept.at > LASTS || cursor < kept.from) return undefined;
    return kept.bound !== undefined && cursor >= kept.bound ? undefined : kept;
  }

  #keep(name: string, ahead: Ahead): void {
    this.#kept.delete(name);
    this.#kept.set(name, ahead);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** The place of the first document behind a key. */
function placeBehind(documents: readonly DocumentOperation[], key: string | undefined): number {
  if (key === undefined) return 0;
  let [low, high] = [0, documents.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((documents[middle] as DocumentOperation).key <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function infoOf(operation: DocumentOperation): DocumentInfo {
  const { key, expiresAt, meta = {}, size = 0, region } = operation;
  return { key, version: formatVersion(operation), expiresAt, meta, size, region };
}

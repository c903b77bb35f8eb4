import type { DropOperation, PartOperation } from "./part-operation.ts";

/** Paths that are remembered of a store and log; beyond them one drop of the whole store stands for the oldest half. */
const MOST_PATHS = 10_000;

/** What is known of one log of drops. */
interface KnownLog {
  /** By store id and path, the last message that dropped it. */
  readonly stores: Map<string, Map<string, number>>;
  /** Messages up to this one are gone, and may have dropped anything. */
  lost: number;
}

/**
 * Which paths were dropped. What was announced of a key counts no more unless its region had heard of every drop of the key
 * when it asked the source: that tells also where the clocks of two regions do not agree. Until all is known that was
 * dropped before, nothing counts.
 */
export class KnownDrops {
  readonly #logs = new Map<string, KnownLog>();
  #isComplete = false;

  /** Notes what a message of a log drops. */
  note(stream: string, sequence: number, { storeId, path }: Pick<DropOperation, "storeId" | "path">): void {
    const { stores } = this.#of(stream);
    let paths = stores.get(storeId);
    if (paths === undefined) {
      paths = new Map();
      stores.set(storeId, paths);
    }
    const latest = Math.max(paths.get(path) ?? 0, sequence);
    paths.delete(path);
    paths.set(path, latest);
    if (paths.size > MOST_PATHS) forgetHalf(paths);
  }

  /** Notes that nobody knows what the messages of a log up to this one have dropped. */
  lost(stream: string, sequence: number): void {
    const log = this.#of(stream);
    log.lost = Math.max(log.lost, sequence);
  }

  /** Notes that all that was dropped before is known by now. */
  complete(): void {
    this.#isComplete = true;
  }

  /** Whether a drop hides what was announced of a key. */
  hides({ heard = {} }: Pick<PartOperation, "heard">, storeId: string, key: string): boolean {
    if (!this.#isComplete) return true;
    for (const [stream, { stores, lost }] of this.#logs) {
      const last = heard[stream] ?? 0;
      if (lost > last) return true;
      const paths = stores.get(storeId);
      if (paths === undefined) continue;
      for (const path of pathsOver(key)) if ((paths.get(path) ?? 0) > last) return true;
    }
    return false;
  }

  #of(stream: string): KnownLog {
    let log = this.#logs.get(stream);
    if (log === undefined) {
      log = { stores: new Map(), lost: 0 };
      this.#logs.set(stream, log);
    }
    return log;
  }
}

/** Every path that a key is under: itself, and each group above it with and without its slash. */
function* pathsOver(key: string): Generator<string> {
  yield key;
  for (let end = key.lastIndexOf("/"); end >= 0; end = end === 0 ? -1 : key.lastIndexOf("/", end - 1)) {
    yield key.slice(0, end + 1);
    if (end > 0) yield key.slice(0, end);
  }
}

function forgetHalf(paths: Map<string, number>): void {
  let latest = paths.get("/") ?? 0;
  let left = paths.size / 2;
  for (const [path, sequence] of paths) {
    if (left-- <= 0) break;
    latest = Math.max(latest, sequence);
    paths.delete(path);
  }
  paths.set("/", latest);
}

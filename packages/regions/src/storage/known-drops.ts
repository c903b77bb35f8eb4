import type { DropOperation, PartOperation } from "./part-operation.ts";

/** Paths that are remembered of a store; beyond them one drop of the whole store stands for the oldest half. */
const MOST_PATHS = 10_000;

/** Which paths were dropped, and when: what was announced before a drop of its path counts no more. */
export class KnownDrops {
  readonly #stores = new Map<string, Map<string, number>>();

  note({ storeId, path, clock }: Pick<DropOperation, "storeId" | "path" | "clock">): void {
    let paths = this.#stores.get(storeId);
    if (paths === undefined) {
      paths = new Map();
      this.#stores.set(storeId, paths);
    }
    const latest = Math.max(paths.get(path) ?? 0, clock);
    paths.delete(path);
    paths.set(path, latest);
    if (paths.size > MOST_PATHS) forgetHalf(paths);
  }

  /** Whether a drop hides what was announced of a key. */
  hides({ clock }: Pick<PartOperation, "clock">, storeId: string, key: string): boolean {
    const paths = this.#stores.get(storeId);
    if (paths === undefined) return false;
    for (const path of pathsOver(key)) if ((paths.get(path) ?? 0) >= clock) return true;
    return false;
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
  for (const [path, clock] of paths) {
    if (left-- <= 0) break;
    latest = Math.max(latest, clock);
    paths.delete(path);
  }
  paths.set("/", latest);
}

import type { Database } from "lmdb";
import { isUnder } from "../key.ts";
import type { IndexHead } from "./index-head.ts";
import { behindPrefix, getJson } from "./index-tables.ts";

/** An invalidation whose entries have not all been condemned yet. */
export interface Cut {
  readonly serial: number;
  readonly storeId: string;
  readonly path: string;
  /** True when only the key itself is meant, not what is below it. */
  readonly exact: boolean;
  /** True when only ranges of the key are meant, not its whole value. */
  readonly rangesOnly?: boolean;
  /** The last id that was worked off. */
  readonly after?: string;
}

/**
 * The cuts that are in force: what was claimed before a cut and lies under its path is hidden by it.
 *
 * So an invalidation of a million entries is one small record, respected at once, and worked off afterwards. The list
 * is nearly always empty; it is read anew only when the head says that it changed.
 */
export class CutList {
  /** Version of the list, as the head counts it. */
  version = -1;
  #cuts: readonly Cut[] = [];

  /** Reads the list if it is not the one of this head. */
  follow(state: Database<Buffer, string>, head: Pick<IndexHead, "cuts" | "cutsVersion">): void {
    if (head.cutsVersion === this.version) return;
    this.#cuts = head.cuts === 0 ? [] : readCuts(state);
    this.version = head.cutsVersion;
  }

  /** Forgets the list, which may come from a transaction that failed. */
  forget(): void {
    this.version = -1;
  }

  get isEmpty(): boolean {
    return this.#cuts.length === 0;
  }

  /** The oldest cut. */
  get first(): Cut | undefined {
    return this.#cuts[0];
  }

  /** Whether something of this part id that was claimed at `birth` is cut off. */
  hides(id: string, birth: number): boolean {
    return this.#cuts.length > 0 && this.#cuts.some((cut) => birth < cut.serial && covers(cut, id));
  }
}

/** Ranges of part ids that a cut covers, each as the prefix of all ids in it. */
export function prefixesOf({ storeId, path, exact }: Pick<Cut, "storeId" | "path" | "exact">): string[] {
  const below = `${storeId}\n${path}`;
  if (exact) return [`${below}\n`];
  return path.endsWith("/") ? [below] : [`${below}\n`, `${below}/`];
}

/** Whether a part id is what a cut means. */
export function covers(cut: Cut, id: string): boolean {
  const [storeId, key = "", range = ""] = id.split("\n");
  if (cut.rangesOnly === true && range === "") return false;
  return storeId === cut.storeId && (cut.exact ? key === cut.path : isUnder(key, cut.path));
}

function readCuts(state: Database<Buffer, string>): Cut[] {
  const cuts: Cut[] = [];
  for (const key of [...state.getKeys({ start: "c", end: behindPrefix("c") })]) {
    const cut = getJson<Cut>(state, key);
    if (cut !== undefined) cuts.push(cut);
  }
  return cuts;
}

import { RegionUnavailableError } from "../errors.ts";
import type { Heard } from "../log/log-set.ts";
import { NAMES_KEPT } from "../log/own-log.ts";
import { keyToken } from "../names.ts";
import type { Region } from "../region.ts";
import { formatVersion } from "../version.ts";
import { type DocumentOperation, withoutRepeated } from "./document.ts";

/** How often a write is tried again that others of the region came before. */
const ATTEMPTS = 32;

/** Milliseconds after which what was looked up is looked up again, as a process may have been suspended. */
const LOOKED_UP = NAMES_KEPT / 2;

/** Messages before it that an operation remembers, so that none of them counts again. */
const REMEMBERED = 16;

/** What a write is, once it is known what it is written over; `undefined` to write nothing after all. */
export type MakeWrite = (
  heard: readonly Heard<DocumentOperation>[],
) => { readonly facts: Partial<DocumentOperation>; readonly body: Uint8Array } | undefined;

/** Reads and writes the operations on single keys, of this region and those that have come from others. */
export class DocumentLog {
  readonly #region: Region;

  constructor(region: Region) {
    this.#region = region;
  }

  /** The last operations on a key in each log, the latest first; repeated messages left out. */
  async lookUp(key: string): Promise<Heard<DocumentOperation>[]> {
    return withoutRepeated(await this.#lookUpAll(key), ({ operation }) => operation);
  }

  async #lookUpAll(key: string): Promise<Heard<DocumentOperation>[]> {
    try {
      const heard = await this.#region.logs("documents").lookUp(keyToken(key));
      return heard.filter(({ operation }) => operation.key === key);
    } catch (error) {
      throw new RegionUnavailableError(`"${key}"`, error);
    }
  }

  /**
   * Appends an operation to this region's log, written over all that is known of the key; resolves to its version once
   * it is durable. A message whose id is known already is not written again.
   */
  async write(key: string, id: string, make: MakeWrite): Promise<string | undefined> {
    const { clock } = this.#region.settings;
    let after = 0;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const lookedUpAt = clock();
      const own = this.#region.own("documents");
      const all = await this.#lookUpAll(key);
      if (clock() - lookedUpAt > LOOKED_UP) continue;
      const heard = withoutRepeated(all, ({ operation }) => operation);
      const known = heard.find(({ operation }) => operation.id === id || operation.replaced?.includes(id));
      if (known !== undefined) return formatVersion(known.operation);
      const write = make(heard);
      if (write === undefined) return undefined;
      const operation = this.#operationOf(key, id, write.facts, all);
      after = Math.max(after, this.#sequenceIn(own.stream, all));
      const overtaken = await own.appendOver(after, keyToken(key), operation, write.body);
      if (overtaken === undefined) return formatVersion(operation);
      after = overtaken;
    }
    throw new RegionUnavailableError(`The write of "${key}"`, new Error("others write it all the time"));
  }

  /** The sequence of the last operation on a key in one log; 0 for none. */
  #sequenceIn(stream: string, all: readonly Heard<DocumentOperation>[]): number {
    return all.find(({ log }) => this.#region.names.stream(log) === stream)?.sequence ?? 0;
  }

  /** The operation that is written over all that was looked up. */
  #operationOf(
    key: string,
    id: string,
    facts: Partial<DocumentOperation>,
    all: readonly Heard<DocumentOperation>[],
  ): DocumentOperation {
    const seen: Record<string, number> = {};
    for (const { operation } of all)
      seen[operation.region] = Math.max(seen[operation.region] ?? 0, operation.clock);
    const ids = all.flatMap(({ operation }) => [operation.id, ...(operation.replaced ?? [])]);
    const clock = this.#region.clock.next(all[0]?.operation.clock);
    const replaced = [...new Set(ids)].slice(0, REMEMBERED);
    const { region } = this.#region;
    return { clock, region, id, seen, key, ...(replaced.length > 0 && { replaced }), ...facts };
  }
}

import { RegionUnavailableError } from "../errors.ts";
import type { Heard } from "../log/log-set.ts";
import { keyToken } from "../names.ts";
import type { Region } from "../region.ts";
import { formatVersion } from "../version.ts";
import { type DocumentOperation, withoutRepeated } from "./document.ts";

/** How often a write is tried again that others of the region came before. */
const ATTEMPTS = 32;

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
      const heard = await this.#region.logs<DocumentOperation>("documents").lookUp(keyToken(key));
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
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const all = await this.#lookUpAll(key);
      const heard = withoutRepeated(all, ({ operation }) => operation);
      const known = heard.find(({ operation }) => operation.id === id || operation.replaced?.includes(id));
      if (known !== undefined) return formatVersion(known.operation);
      const write = make(heard);
      if (write === undefined) return undefined;
      const version = await this.#append(key, id, write.body, write.facts, all);
      if (version !== undefined) return version;
    }
    throw new RegionUnavailableError(`The write of "${key}"`, new Error("others write it all the time"));
  }

  /** Appends unless the key was written in this region since it was looked up. */
  async #append(
    key: string,
    id: string,
    body: Uint8Array,
    facts: Partial<DocumentOperation>,
    all: readonly Heard<DocumentOperation>[],
  ): Promise<string | undefined> {
    const own = this.#region.own("documents");
    const before = all.find(({ log }) => this.#region.names.stream(log) === own.stream)?.sequence ?? 0;
    const seen: Record<string, number> = {};
    for (const { operation } of all)
      seen[operation.region] = Math.max(seen[operation.region] ?? 0, operation.clock);
    const ids = all.flatMap(({ operation }) => [operation.id, ...(operation.replaced ?? [])]);
    const clock = this.#region.clock.next(all[0]?.operation.clock);
    const replaced = [...new Set(ids)].slice(0, REMEMBERED);
    const operation: DocumentOperation = {
      clock,
      region: this.#region.region,
      id,
      seen,
      key,
      ...(replaced.length > 0 && { replaced }),
      ...facts,
    };
    const isDone = await own.append(keyToken(key), operation, body, before);
    return isDone ? formatVersion(operation) : undefined;
  }
}

import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { type CacheStorage, type FillFacts, type Part, partId, type StoredBytes } from "zarr-cache";
import { keyToken } from "../names.ts";
import type { Region } from "../region.ts";
import type { KnownDrops } from "./known-drops.ts";
import type { PartOperation } from "./part-operation.ts";

/** Announcements on their way at most; what is beyond them is not announced, and no reader waits. */
const MOST_UNDER_WAY = 1000;

/** Media that no other region reaches. */
const OF_ONE_MACHINE: ReadonlySet<string> = new Set(["memory", "disk"]);

/** What is announced of bytes that were kept. */
export interface KeptFacts extends Partial<FillFacts> {
  /** A stamp of the hybrid clock from before the source was asked. */
  readonly stamp: number;
  /** Milliseconds since 1970, from before the source was asked. */
  readonly askedAt: number;
  /** Of each log of drops, the last message that was heard before the source was asked. */
  readonly heard: Readonly<Record<string, number>>;
  /** Milliseconds since 1970. */
  readonly expires: number | undefined;
}

/** Tells other regions what is cached here, and finds out what is cached there. */
export class Announcements {
  readonly #region: Region;
  readonly #drops: KnownDrops;
  readonly #local: Pick<CacheStorage, "peek">;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(region: Region, drops: KnownDrops, local: Pick<CacheStorage, "peek">) {
    this.#region = region;
    this.#drops = drops;
    this.#local = local;
  }

  /** Tells that a part was kept; `undefined` that its key is missing. */
  kept(part: Part, value: Uint8Array | undefined, facts: KeptFacts): void {
    const { region, settings } = this.#region;
    const { stamp, askedAt, heard, expires, cost = 1, validator, grace } = facts;
    this.#tell(part, {
      clock: stamp,
      region,
      id: randomUUID(),
      seen: {},
      part: partId(part),
      size: value?.byteLength ?? 0,
      crc32: value === undefined ? 0 : crc32(value),
      askedAt,
      heard,
      cost,
      ...(value === undefined && { missing: true as const }),
      ...(expires !== undefined && { expiresAt: expires }),
      ...(validator !== undefined && { validator }),
      ...(grace !== undefined && { grace }),
      ...(settings.url !== undefined && { url: settings.url }),
    });
  }

  /** Tells that a copy of what another region announced is here too. It is as old as the original. */
  copied(part: Part, operation: PartOperation): void {
    const { region, settings } = this.#region;
    const { url: _, stored: __, ...facts } = operation;
    const here = settings.url === undefined ? {} : { url: settings.url };
    this.#tell(part, { ...facts, ...here, region, id: randomUUID() });
  }

  /** Tells that a part which was announced is not here any more. */
  gone(part: Part): void {
    const { region, clock, settings } = this.#region;
    const none = { size: 0, crc32: 0, cost: 0, askedAt: settings.clock() };
    this.#tell(part, {
      clock: clock.next(),
      region,
      id: randomUUID(),
      seen: {},
      part: partId(part),
      gone: true,
      ...none,
    });
  }

  /**
   * What other regions hold of a part, as far as is known in this one: what was announced in knowledge of all drops of
   * its path, and has not expired.
   */
  async holdings(part: Part): Promise<PartOperation[]> {
    const id = partId(part);
    const { region, settings } = this.#region;
    const heard = await this.#region.logs("parts").lookUp(keyToken(id));
    const latest = new Map<string, PartOperation>();
    for (const { operation } of heard) {
      if (operation.part !== id || latest.has(operation.region)) continue;
      latest.set(operation.region, operation);
    }
    const now = settings.clock();
    const holdings: PartOperation[] = [];
    for (const operation of latest.values()) {
      const { expiresAt = Number.POSITIVE_INFINITY } = operation;
      if (operation.region === region || operation.gone || expiresAt <= now) continue;
      if (!this.#drops.hides(operation, part.storeId, part.key)) holdings.push(operation);
    }
    return holdings;
  }

  /** Resolves when what was to be told is told. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #tell(part: Part, operation: PartOperation): void {
    if (this.#underWay.size >= MOST_UNDER_WAY) return;
    const telling: Promise<unknown> = this.#append(part, operation)
      .catch((error: unknown) =>
        this.#region.warnings.warn(`What is cached is not announced: ${String(error)}`),
      )
      .finally(() => this.#underWay.delete(telling));
    this.#underWay.add(telling);
  }

  async #append(part: Part, operation: PartOperation): Promise<void> {
    const stored = operation.gone || operation.missing ? undefined : await this.#storedOf(part);
    const whole = stored === undefined ? operation : { ...operation, stored };
    await this.#region.own("parts").append(keyToken(operation.part), whole, new Uint8Array(0));
  }

  /** What names the bytes of a part in the bucket of this region; `undefined` where they are in no bucket. */
  async #storedOf(part: Part): Promise<StoredBytes | undefined> {
    const facts = await this.#local.peek(part);
    if (facts?.stored === undefined || OF_ONE_MACHINE.has(facts.stored.medium)) return undefined;
    // Of a range the whole value may be there by now.
    return facts.whole && part.range !== undefined ? undefined : facts.stored;
  }
}

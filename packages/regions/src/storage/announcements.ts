import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { type FillFacts, type Part, partId } from "zarr-cache";
import { keyToken } from "../names.ts";
import type { Region } from "../region.ts";
import type { KnownDrops } from "./known-drops.ts";
import type { Holding, PartOperation } from "./part-operation.ts";

/** Announcements on their way at most; what is beyond them is not announced, and no reader waits. */
const MOST_UNDER_WAY = 1000;

/** What is announced of bytes that were kept. */
export interface KeptFacts extends Partial<FillFacts> {
  /** A stamp of the hybrid clock from before the source was asked. */
  readonly stamp: number;
  /** Milliseconds since 1970, from before the source was asked. */
  readonly askedAt: number;
  /** Milliseconds since 1970. */
  readonly expires: number | undefined;
}

/** Tells other regions what is cached here, and finds out what is cached there. */
export class Announcements {
  readonly #region: Region;
  readonly #drops: KnownDrops;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(region: Region, drops: KnownDrops) {
    this.#region = region;
    this.#drops = drops;
  }

  /** Tells that a part was kept; `undefined` that its key is missing. */
  kept(part: Part, value: Uint8Array | undefined, facts: KeptFacts): void {
    const { region, settings } = this.#region;
    const { stamp, askedAt, expires, cost = 1, validator } = facts;
    this.#tell(partId(part), {
      clock: stamp,
      region,
      id: randomUUID(),
      seen: {},
      part: partId(part),
      size: value?.byteLength ?? 0,
      crc32: value === undefined ? 0 : crc32(value),
      askedAt,
      cost,
      ...(value === undefined && { missing: true as const }),
      ...(expires !== undefined && { expiresAt: expires }),
      ...(validator !== undefined && { validator }),
      ...(settings.url !== undefined && { url: settings.url }),
    });
  }

  /** Tells that a copy of what another region announced is here too. It is as old as the original. */
  copied(operation: PartOperation): void {
    const { region, settings } = this.#region;
    const { url: _, ...facts } = operation;
    const here = settings.url === undefined ? {} : { url: settings.url };
    this.#tell(operation.part, { ...facts, ...here, region, id: randomUUID() });
  }

  /** Tells that a part which was announced is not here any more. */
  gone(id: string): void {
    const { region, clock, settings } = this.#region;
    const none = { size: 0, crc32: 0, cost: 0, askedAt: settings.clock() };
    this.#tell(id, {
      clock: clock.next(),
      region,
      id: randomUUID(),
      seen: {},
      part: id,
      gone: true,
      ...none,
    });
  }

  /**
   * Who of the other regions holds a part, as far as is known in this one: what was announced after the last drop of
   * its path, has not expired, and can be had of a member that is there.
   */
  async holdings(part: Part): Promise<Holding[]> {
    const id = partId(part);
    const { region, settings } = this.#region;
    const heard = await this.#region.logs<PartOperation>("parts").lookUp(keyToken(id));
    const latest = new Map<string, PartOperation>();
    for (const { operation } of heard) {
      if (operation.part !== id || latest.has(operation.region)) continue;
      latest.set(operation.region, operation);
    }
    const now = settings.clock();
    const holdings: Holding[] = [];
    for (const operation of latest.values()) {
      const { expiresAt = Number.POSITIVE_INFINITY } = operation;
      if (operation.region === region || operation.gone || expiresAt <= now) continue;
      if (this.#drops.hides(operation, part.storeId, part.key)) continue;
      const holding = this.#reach(operation);
      if (holding !== undefined) holdings.push(holding);
    }
    return holdings;
  }

  /** Resolves when what was to be told is told. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** The member that a part is fetched from: the one that announced it, else another of its region. */
  #reach(operation: PartOperation): Holding | undefined {
    if (operation.missing) return { operation, url: undefined, member: undefined };
    const there = this.#region
      .members()
      .filter((it) => it.region === operation.region && it.url !== undefined);
    const member = there.find(({ url }) => url === operation.url) ?? there[0];
    return member && { operation, url: member.url, member: member.id };
  }

  #tell(id: string, operation: PartOperation): void {
    if (this.#underWay.size >= MOST_UNDER_WAY) return;
    const telling: Promise<unknown> = this.#region
      .own("parts")
      .append(keyToken(id), operation, new Uint8Array(0))
      .catch((error: unknown) =>
        this.#region.warnings.warn(`What is cached is not announced: ${String(error)}`),
      )
      .finally(() => this.#underWay.delete(telling));
    this.#underWay.add(telling);
  }
}

import { randomBytes } from "node:crypto";
import type { DocumentOperation } from "./documents/document.ts";
import { RegionConflictError } from "./errors.ts";
import { HybridClock } from "./hybrid-clock.ts";
import { openLink, type RegionLink } from "./link.ts";
import { LogSet } from "./log/log-set.ts";
import { Mirrors } from "./log/mirrors.ts";
import type { OwnLog } from "./log/own-log.ts";
import { OwnLogs } from "./log/own-logs.ts";
import { Standstills } from "./log/standstills.ts";
import { type HeardMember, type Member, Members } from "./members.ts";
import { LOG_KINDS, type LogKind, type LogName, Names } from "./names.ts";
import { parseRegionOptions, type RegionOptions, type RegionSettings } from "./region-options.ts";
import { RegionWarnings } from "./region-warnings.ts";
import type { DropOperation, PartOperation } from "./storage/part-operation.ts";

/** Milliseconds after which a log that stands still is told of: nats-server goes on within ten seconds by itself. */
const LONG_STANDSTILL = 60_000;

/** How one log is here, compared with where it is written. */
export interface LogState {
  readonly stream: string;
  readonly kind: LogKind;
  readonly region: string;
  /** The last operation that is here. */
  readonly sequence: number;
  /** Operations that another region has told of and that are not here yet. */
  readonly behind: number;
  /** Milliseconds that it has been behind without coming on; 0 while it comes on, or while nobody tells of it. */
  readonly stoppedFor: number;
}

/** All logs that the region's server holds, by what they are of. */
interface LogSets {
  readonly documents: LogSet<DocumentOperation>;
  readonly parts: LogSet<PartOperation>;
  readonly drops: LogSet<DropOperation>;
}

/** What the members of all regions are, as this process has heard. */
export interface RegionState {
  readonly region: string;
  readonly domain: string | undefined;
  readonly members: readonly HeardMember[];
  readonly logs: readonly LogState[];
}

/**
 * This process's part in a region: a connection to the region's NATS server, the logs that the region writes, mirrors of
 * those of all other regions, and word of who is there.
 *
 * All that is read is read from the region's own server, and all that is written is durable there before it is
 * acknowledged. The servers carry it to the other regions, whenever they can reach them.
 */
export class Region {
  readonly settings: RegionSettings;
  readonly clock: HybridClock;
  readonly names: Names;
  readonly link: RegionLink;
  readonly warnings: RegionWarnings;
  readonly #mirrors: Mirrors;
  readonly #members: Members;
  readonly #sets: LogSets;
  readonly #own: OwnLogs;
  readonly #standstills = new Standstills();
  readonly #stopDoubts: () => void;
  readonly #id: string = randomBytes(9).toString("base64url");

  /** Use {@link Region.open}. */
  private constructor(settings: RegionSettings, link: RegionLink) {
    const { clock, timers, heartbeat, namespace, region } = settings;
    this.settings = settings;
    this.link = link;
    this.clock = new HybridClock(clock);
    this.names = new Names(namespace);
    this.warnings = new RegionWarnings();
    this.#own = new OwnLogs(link, this.names, settings);
    this.#mirrors = new Mirrors(link, this.names, settings.limits);
    this.#sets = {
      documents: new LogSet(link, this.names, "documents"),
      parts: new LogSet(link, this.names, "parts"),
      drops: new LogSet(link, this.names, "drops"),
    };
    this.#stopDoubts = link.onBreak(() => {
      for (const set of Object.values(this.#sets)) set.doubt();
    });
    this.#members = new Members({
      link,
      names: this.names,
      clock,
      timers,
      interval: heartbeat,
      id: this.#id,
      describe: () => this.#describe(),
      heard: (member) => this.#heard(member, region),
    });
  }

  /**
   * Connects to the region's server and makes the region's logs where they are not there yet. Rejects with
   * `RegionUnavailableError` or `JetStreamError` where that is not possible.
   */
  static async open(options: RegionOptions): Promise<Region> {
    const settings = parseRegionOptions(options);
    const link = await openLink(settings.nats, settings.region, settings.deadline);
    const region = new Region(settings, link);
    try {
      await region.#open();
    } catch (error) {
      await region.close();
      throw error;
    }
    return region;
  }

  get region(): string {
    return this.settings.region;
  }

  /** The name of this process among the members. */
  get id(): string {
    return this.#id;
  }

  /** All logs of a kind that the region's server holds. */
  logs<K extends LogKind>(kind: K): LogSets[K] {
    return this.#sets[kind];
  }

  /** The log of a kind that this region writes. */
  own(kind: LogKind): OwnLog {
    return this.#own.get(kind);
  }

  /** Members of all regions that are there, this process not included. */
  members(): readonly HeardMember[] {
    return this.#members.present();
  }

  /** Notes how long an answer of a member took. */
  measured(member: string, milliseconds: number): void {
    this.#members.measured(member, milliseconds);
  }

  /** Who is there, and how far behind this region is. */
  async state(): Promise<RegionState> {
    const members = this.members();
    const logs: LogState[] = [];
    for (const set of Object.values(this.#sets))
      for (const [stream, log] of set.streams) {
        const state = await set.state(stream);
        if (state !== undefined) logs.push(this.#logState(stream, log, state.sequence));
      }
    return { region: this.region, domain: this.link.domain, members, logs };
  }

  async close(): Promise<void> {
    this.#members.close();
    this.#stopDoubts();
    await this.link.close();
  }

  async #open(): Promise<void> {
    const { region } = this.settings;
    if (this.link.domain === undefined)
      this.warnings.warn(
        `The JetStream of region "${region}" has no domain, so that no other region can mirror it; ` +
          'set "jetstream { domain }" in the configuration of its server.',
      );
    for (const kind of LOG_KINDS) this.#add((await this.#own.open(kind)).stream);
    for (const stream of await this.#mirrors.held()) this.#add(stream);
    await this.#members.open();
  }

  #add(stream: string): void {
    for (const set of Object.values(this.#sets)) set.add(stream);
  }

  /** Begins a log of this region anew, that its server has lost. The former one is mirrored back by whoever has it. */
  async #beginAnew(kind: LogKind, lost: string): Promise<void> {
    const what = `The NATS server of region "${this.region}" has lost stream "${lost}", as with its disk`;
    try {
      this.#add((await this.#own.open(kind)).stream);
      this.warnings.warn(`${what}; the region writes a new one.`);
    } catch (error) {
      this.warnings.warn(`${what}; until a new one can be made, nothing is written: ${String(error)}`);
    }
  }

  /** What this process tells the others. What the server has lost is left out, begun anew, or mirrored once more. */
  async #describe(): Promise<Member> {
    const streams: Record<string, number> = {};
    for (const set of Object.values(this.#sets))
      for (const [stream, log] of set.streams) {
        const state = await set.state(stream);
        if (this.#own.isLost(log.kind, stream, state)) await this.#beginAnew(log.kind, stream);
        if (state === undefined) {
          this.#mirrors.forget(stream);
          continue;
        }
        const { sequence } = state;
        streams[stream] = sequence;
        if (this.#logState(stream, log, sequence).stoppedFor < LONG_STANDSTILL) continue;
        this.warnings.warn(
          `Stream "${stream}" stands still here, though other regions tell of more; ` +
            `what region "${log.region}" writes does not come. See what the NATS server says of its mirror.`,
        );
      }
    return { id: this.#id, region: this.region, domain: this.link.domain, url: this.settings.url, streams };
  }

  #logState(stream: string, { kind, region }: LogName, sequence: number): LogState {
    const told = Math.max(0, ...this.members().map(({ streams }) => streams[stream] ?? 0));
    const stoppedFor = this.#standstills.note(stream, sequence, told, this.settings.clock());
    return { stream, kind, region, sequence, behind: Math.max(0, told - sequence), stoppedFor };
  }

  /** Mirrors what a member has and this region has not. */
  #heard(member: Member, region: string): void {
    if (member.domain === undefined || this.link.domain === undefined) return;
    if (member.domain === this.link.domain) {
      for (const stream of Object.keys(member.streams)) this.#add(stream);
      return;
    }
    if (member.region === region) {
      this.warnings.warn(new RegionConflictError(region, this.link.domain, member.domain).message);
      return;
    }
    for (const stream of Object.keys(member.streams)) {
      // Of a region that can be heard itself, its own logs; of one that is away or began anew, whoever has them.
      const log = this.names.logOf(stream);
      const writer = this.members().find((it) => it.region === log?.region && stream in it.streams);
      const domain = writer?.domain ?? member.domain;
      if (domain === this.link.domain) continue;
      this.#mirrors.take(stream, domain).then(
        () => this.#add(stream),
        (error: unknown) => this.warnings.warn(`Stream "${stream}" cannot be mirrored: ${String(error)}`),
      );
    }
  }
}

import type { Clock, Timers } from "zarr-cache";
import type { RegionLink } from "./link.ts";
import type { Names } from "./names.ts";

/** What a member of a region tells of itself. */
export interface Member {
  /** Random, one for each process. */
  readonly id: string;
  readonly region: string;
  /** The JetStream domain that its region's logs can be mirrored from. */
  readonly domain: string | undefined;
  /** Where its bytes and documents are fetched from, by HTTP; `undefined` for one that serves none. */
  readonly url: string | undefined;
  /** The logs that its region's server holds, and how far. */
  readonly streams: Readonly<Record<string, number>>;
}

/** A member that was heard, and when. */
export interface HeardMember extends Member {
  /** Milliseconds since 1970, on the clock of this process. */
  readonly heardAt: number;
  /** Milliseconds from here to there and back; `undefined` before it is known. */
  readonly roundTrip: number | undefined;
}

export interface MembersOptions {
  readonly link: RegionLink;
  readonly names: Names;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Milliseconds between two words of a member. */
  readonly interval: number;
  /** The name of this process, whose own words are not heard. */
  readonly id: string;
  /** What this process tells of itself; asked before each word. */
  describe(): Promise<Member>;
  /** Called for each word of another member, the first time and each later one. */
  heard(member: Member): void;
}

/** Words that may be missed before a member counts as gone. */
const MISSED = 3;

/**
 * Who is there: each member says so at regular intervals, and when it is asked. A member that was not heard for three
 * intervals has dropped off.
 */
export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, HeardMember>();
  #timer: unknown;
  #isClosed = false;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** Begins to listen, asks who is there, and says that this process is. */
  async open(): Promise<void> {
    const { link, names } = this.#options;
    const here = (error: unknown, data: Uint8Array | undefined) => {
      if (!error && data !== undefined) this.#hear(data);
    };
    link.connection.subscribe(names.members("here"), {
      callback: (error, message) => here(error, message?.data),
    });
    link.connection.subscribe(names.members("ask"), { callback: (error) => void (error ?? this.#tell()) });
    link.connection.publish(names.members("ask"));
    await this.#tell();
    this.#tick();
  }

  /** The members that are there, this process not included. */
  present(): HeardMember[] {
    const since = this.#options.clock() - MISSED * this.#options.interval;
    for (const [id, { heardAt }] of this.#members) if (heardAt < since) this.#members.delete(id);
    return [...this.#members.values()];
  }

  /** Notes how long an answer of a member took, smoothed. */
  measured(id: string, milliseconds: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    const before = member.roundTrip ?? milliseconds;
    this.#members.set(id, { ...member, roundTrip: before + (milliseconds - before) / 4 });
  }

  close(): void {
    this.#isClosed = true;
    this.#options.timers.clear(this.#timer);
  }

  #tick(): void {
    if (this.#isClosed) return;
    const next = () => void this.#tell().then(() => this.#tick());
    this.#timer = this.#options.timers.set(next, this.#options.interval, { background: true });
  }

  async #tell(): Promise<void> {
    const { link, names, describe } = this.#options;
    try {
      const member = await describe();
      if (!this.#isClosed && !link.connection.isClosed())
        link.connection.publish(names.members("here"), JSON.stringify(member));
    } catch {
      // The server is away: others notice by the silence.
    }
  }

  #hear(data: Uint8Array): void {
    const member = parseMember(data);
    if (member === undefined || member.id === this.#options.id || this.#isClosed) return;
    const { roundTrip } = this.#members.get(member.id) ?? {};
    this.#options.heard(member);
    this.#members.set(member.id, { ...member, heardAt: this.#options.clock(), roundTrip });
  }
}

function parseMember(data: Uint8Array): Member | undefined {
  try {
    const { id, region, domain, url, streams } = JSON.parse(
      new TextDecoder().decode(data),
    ) as Partial<Member>;
    if (typeof id !== "string" || typeof region !== "string" || typeof streams !== "object") return undefined;
    return { id, region, domain, url, streams: streams ?? {} };
  } catch {
    return undefined;
  }
}

import { JetStreamApiError, StorageType } from "@nats-io/jetstream";
import type { RegionLink } from "../link.ts";
import type { LogKind, Names } from "../names.ts";
import { type LogLimits, lengthOf } from "./own-log.ts";

/** A mirror of that name is there, with other settings. */
const NAME_IN_USE = 10058;

/**
 * Sees to it that the region's server mirrors every log that others tell of. A log is mirrored from the region that
 * wrote it, and a log of a former life from whoever still has it: that is how a region with a new disk gets back what
 * it wrote. A mirror is kept within the bounds that the region sets its own logs.
 */
export class Mirrors {
  readonly #link: RegionLink;
  readonly #names: Names;
  readonly #limits: Readonly<Record<LogKind, LogLimits>>;
  readonly #known = new Set<string>();
  readonly #making = new Map<string, Promise<boolean>>();

  constructor(link: RegionLink, names: Names, limits: Readonly<Record<LogKind, LogLimits>>) {
    this.#link = link;
    this.#names = names;
    this.#limits = limits;
  }

  /** The streams of this namespace that the region's server holds already. */
  async held(): Promise<readonly string[]> {
    const held: string[] = [];
    for await (const name of this.#link.manager.streams.names())
      if (this.#names.logOf(name) !== undefined) held.push(name);
    for (const name of held) this.#known.add(name);
    return held;
  }

  /** Mirrors a stream of another domain unless it is here; resolves to true when it was not and is now. */
  async take(stream: string, domain: string): Promise<boolean> {
    if (this.#known.has(stream)) return false;
    const log = this.#names.logOf(stream);
    if (log === undefined) return false;
    let making = this.#making.get(stream);
    if (making === undefined) {
      making = this.#make(stream, domain, log.kind).finally(() => this.#making.delete(stream));
      this.#making.set(stream, making);
    }
    return making;
  }

  /** Takes note that the region's server has a stream no more: it is mirrored again when somebody tells of it. */
  forget(stream: string): void {
    this.#known.delete(stream);
  }

  async #make(stream: string, domain: string, kind: LogKind): Promise<boolean> {
    try {
      await this.#link.manager.streams.add({
        name: stream,
        mirror: { name: stream, domain },
        storage: StorageType.File,
        num_replicas: this.#limits[kind].replicas,
        ...lengthOf(kind, this.#limits[kind]),
      });
    } catch (error) {
      // Another member of this region was faster.
      if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error;
    }
    this.#known.add(stream);
    return true;
  }
}

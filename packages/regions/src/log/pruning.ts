import type { RegionLink } from "../link.ts";
import type { HeardMember } from "../members.ts";
import type { LogSet } from "./log-set.ts";
import type { Operation } from "./operation.ts";

/** What of a log may be pruned, and when. */
export interface PruningOptions {
  readonly link: RegionLink;
  /** This region's own name, its log of documents, and all that are here. */
  readonly region: string;
  readonly stream: string;
  readonly logs: LogSet<Operation>;
  /** Members of all regions that are there. */
  readonly members: () => readonly HeardMember[];
}

/**
 * Removes operations from a region's log that later ones on the same key have replaced, once every other region has all of
 * the log. Not before: a mirror of nats-server 2.9 that goes on at a gap stays there for ever, so that the server may not be
 * left to keep one message a key by itself.
 */
export class Pruning {
  readonly #options: PruningOptions;

  constructor(options: PruningOptions) {
    this.#options = options;
  }

  /** Prunes, if every region is there and in step; resolves to how many keys were pruned. */
  async prune(): Promise<number> {
    const { link, stream } = this.#options;
    const end = (await link.manager.streams.info(stream)).state.last_seq;
    if (!this.#isEverywhere(end)) return 0;
    const { state } = await link.manager.streams.info(stream, { subjects_filter: ">" });
    let pruned = 0;
    for (const [subject, messages] of Object.entries(state.subjects ?? {})) {
      if (messages < 2) continue;
      const last = await link.manager.streams.getMessage(stream, { last_by_subj: subject });
      // What was written since then is not everywhere yet.
      if (last === null || last.seq > end) continue;
      await link.manager.streams.purge(stream, { filter: subject, seq: last.seq });
      pruned++;
    }
    return pruned;
  }

  /** Whether every region that writes has the log up to a sequence, as its members say. */
  #isEverywhere(sequence: number): boolean {
    const { logs, region, stream, members } = this.#options;
    const others = new Set([...logs.streams.values()].map((log) => log.region).filter((it) => it !== region));
    const present = members();
    return [...others].every((other) =>
      present.some((member) => member.region === other && (member.streams[stream] ?? 0) >= sequence),
    );
  }
}

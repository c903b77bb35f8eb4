import { Listening } from "../log/listening.ts";
import type { Heard } from "../log/log-set.ts";
import { areConcurrent } from "../log/operation.ts";
import type { Region } from "../region.ts";
import { compareVersions } from "../version.ts";
import type { DocumentOperation, SupersededWrite } from "./document.ts";
import type { DocumentLog } from "./document-log.ts";

/** Writes that are listed; older ones are only counted. */
const LISTED = 1000;

/**
 * Watches the logs of other regions for writes that did not know of each other. One of the two is lost, by rule: the
 * earlier one, the same in every region.
 */
export class SupersededWrites {
  readonly #log: DocumentLog;
  readonly #writes = new Map<string, SupersededWrite>();
  readonly #listening: Listening<DocumentOperation>;
  #count = 0;

  constructor(region: Region, log: DocumentLog) {
    this.#log = log;
    this.#listening = new Listening(region.logs("documents"), {
      wanted: (log) => log.region !== region.region,
      hear: (heard) => this.#hear(heard),
      failed: (stream) => region.warnings.warn(`Stream "${stream}" cannot be followed.`),
    });
  }

  report(): { readonly count: number; readonly writes: readonly SupersededWrite[] } {
    return { count: this.#count, writes: [...this.#writes.values()] };
  }

  close(): Promise<void> {
    return this.#listening.end();
  }

  async #hear({ operation }: Heard<DocumentOperation>): Promise<void> {
    const all = await this.#log.lookUp(operation.key).catch(() => []);
    for (const { operation: other } of all) {
      if (!areConcurrent(operation, other) || other.replaced?.includes(operation.id)) continue;
      const isLater = compareVersions(operation, other) > 0;
      const [won, lost] = isLater ? [operation, other] : [other, operation];
      this.#note({
        key: operation.key,
        lost: { clock: lost.clock, region: lost.region },
        won: { clock: won.clock, region: won.region },
      });
    }
  }

  #note(write: SupersededWrite): void {
    const name = JSON.stringify([write.key, write.lost]);
    if (this.#writes.has(name)) return;
    this.#count++;
    this.#writes.set(name, write);
    const [oldest] = this.#writes.keys();
    if (this.#writes.size > LISTED && oldest !== undefined) this.#writes.delete(oldest);
  }
}

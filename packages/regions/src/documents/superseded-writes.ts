import type { Following, Heard } from "../log/log-set.ts";
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
  readonly #following: Promise<Following>[] = [];
  readonly #writes = new Map<string, SupersededWrite>();
  readonly #stop: () => void;
  #count = 0;

  constructor(region: Region, log: DocumentLog) {
    this.#log = log;
    const logs = region.logs<DocumentOperation>("documents");
    const begun = new Set(logs.streams.keys());
    this.#stop = logs.onStream((stream, log) => {
      if (log.region === region.region) return;
      const behind = begun.has(stream) ? logs.end(stream) : Promise.resolve(0);
      const following = behind.then((sequence) =>
        logs.follow(stream, sequence, (heard) => this.#hear(heard)),
      );
      following.catch(() => region.warnings.warn(`Stream "${stream}" cannot be followed.`));
      this.#following.push(following);
    });
  }

  report(): { readonly count: number; readonly writes: readonly SupersededWrite[] } {
    return { count: this.#count, writes: [...this.#writes.values()] };
  }

  async close(): Promise<void> {
    this.#stop();
    for (const one of await Promise.allSettled(this.#following))
      if (one.status === "fulfilled") await one.value.stop();
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

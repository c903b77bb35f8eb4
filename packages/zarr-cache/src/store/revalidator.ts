import { NO_AGE } from "../ages.ts";
import { equalBytes } from "../equal-bytes.ts";
import { FillFailedError } from "../errors.ts";
import { classOf } from "../key.ts";
import type { Part } from "../part.ts";
import type { CacheHit, CacheStorage, Fill } from "../storage.ts";
import type { EntryInfo } from "../store-index.ts";
import type { Fetcher, Revalidated } from "./fetching.ts";
import type { HitJudge } from "./hit-judge.ts";
import type { Keeping } from "./keeping.ts";

const UNREAD = new Uint8Array(0);
/** Claims of others that are waited for: what they were told is as good as what one would be told oneself. */
const MOST_WAITS = 8;

/** What copies are revalidated with. */
export interface RevalidatorContext {
  readonly storage: Pick<CacheStorage, "get" | "has" | "claim" | "now" | "above">;
  readonly fetcher: Fetcher;
  readonly judge: HitJudge;
  readonly keeping: Keeping;
}

/** Asks the source about copies now, however young they are. */
export class Revalidator {
  readonly #context: RevalidatorContext;

  constructor(context: RevalidatorContext) {
    this.#context = context;
  }

  /**
   * Asks about one copy, under a claim like any fill; where another is at it, waits for what that is told. With `isTold`
   * the source has just named the version of another part of the key, and is not asked about this part of it again.
   */
  async revalidate(entry: EntryInfo, isTold: boolean, signal: AbortSignal): Promise<Revalidated> {
    const { storeId, key, range } = entry;
    const part: Part = { storeId, key, ...(range && { range }) };
    const copy = await this.#copyOf(part, entry);
    if (copy === undefined) return "dropped";
    const outcome = await this.#ask(part, copy, isTold, signal);
    if (outcome === "unchanged") await this.#dropOthersAbove(part, copy);
    return outcome;
  }

  async #ask(part: Part, copy: CacheHit, isTold: boolean, signal: AbortSignal): Promise<Revalidated> {
    const { storage, fetcher } = this.#context;
    for (let waits = 0; waits < MOST_WAITS; waits++) {
      signal.throwIfAborted();
      const claim = await storage.claim(part, { fresh: NO_AGE, signal });
      if (claim.state === "fill") return this.#under(claim, part, copy, isTold, signal);
      if (claim.state === "pass") break;
      if (claim.state === "wait") {
        const outcome = await claim.settled();
        if (outcome.state === "timeout") break;
        if (outcome.state === "failed") throw new FillFailedError(part.key, outcome.failure);
      }
      const now = await storage.get(part);
      if (now === undefined) return "dropped";
      if (now.age < copy.age) return holdsIn(now, copy) ? "unchanged" : "changed";
    }
    return fetcher.revalidate(part, copy, { signal });
  }

  /** Of a copy that holds, a tier above may have another version, which the lowest one got by another process. */
  async #dropOthersAbove(part: Part, { validator }: CacheHit): Promise<void> {
    for (const tier of this.#context.storage.above ?? []) {
      const other = validator === undefined ? undefined : await tier.peek(part);
      if (other !== undefined && other.validator !== validator) await tier.delete(part.storeId, part.key);
    }
  }

  /** A copy, with its bytes only where they have to be compared or looked into. */
  async #copyOf(
    part: Part,
    { missing, age, expiresAt, cost, validator }: EntryInfo,
  ): Promise<CacheHit | undefined> {
    const { storage } = this.#context;
    if (validator === undefined || classOf(part.key) === "metadata") return storage.get(part);
    if (!(await storage.has(part))) return undefined;
    const value = missing ? undefined : UNREAD;
    return { value, owned: false, age, expiresAt, cost, validator, whole: false, tier: "" };
  }

  async #under(
    fill: Fill,
    part: Part,
    copy: CacheHit,
    isTold: boolean,
    signal: AbortSignal,
  ): Promise<Revalidated> {
    const { storage, judge, keeping, fetcher } = this.#context;
    const told = isTold ? judge.seen.of(part.key, copy.validator) : undefined;
    if (told !== undefined) {
      const { validator, askedAt, expiresAt, grace } = told;
      await fill.confirm(validator, { age: storage.now() - askedAt, expiresAt, grace });
      return "unchanged";
    }
    const isHeld = !signal.aborted && keeping.hold(fill);
    if (!isHeld) await fill.abandon();
    return fetcher.revalidate(part, copy, { signal, fill: isHeld ? fill : undefined });
  }
}

/** Whether what is cached now is what was, by its version or, where it has none, by its bytes. */
function holdsIn(now: CacheHit, copy: CacheHit): boolean {
  return copy.validator === undefined ? equalBytes(now.value, copy.value) : now.validator === copy.validator;
}

import type { StoreIndex } from "../store-index.ts";
import type { FoundName, StoreOpener } from "../store-opener.ts";
import { isOfEpoch, newEpoch } from "../token.ts";
import type { Reclaimer } from "./reclaimer.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierSettings } from "./tier-options.ts";

/** What {@link Leftovers} needs of its tier. */
export interface LeftoversContext {
  readonly index: StoreIndex;
  readonly opener: StoreOpener;
  readonly reclaimer: Pick<Reclaimer, "deleteNames">;
  readonly health: Pick<TierHealth, "fault">;
  readonly settings: Pick<TierSettings, "timers">;
}

/** One life of the index, while what was before it is being deleted. */
interface Purge {
  readonly epoch: string;
  /** Names this process's turn. */
  purger: string;
  hasTurn: boolean;
  working: Promise<void>;
}

type Repay = NonNullable<StoreIndex["repay"]>;
type LeftoverTurn = Awaited<ReturnType<Repay>>;

/** The first step is small, so that there is soon room; a step is at most one request to a bucket. */
const FIRST_STEP = 64;
const LARGEST_STEP = 1000;
/** Milliseconds after which a turn that was not had, or a step that failed, is tried again. */
const TRY_AGAIN_AFTER = 5_000;
/** Milliseconds that a fill waits for the next step; others may wait for the fill. */
const NEXT_STEP_WITHIN = 250;

/**
 * Deletes the bytes that an earlier life of the index left: before anything is admitted, or, where that takes long and
 * the index can charge for it, in steps behind admission.
 *
 * Behind admission the whole budget that is free is charged at first, and each step gives back what it has deleted. So
 * bytes never exceed the budget, as long as they did not before, although nobody knows how many there are. One of the
 * processes that share the index has the turn; the others look after it every few seconds, and take over when it dies.
 */
export class Leftovers {
  readonly #context: LeftoversContext;
  readonly #waiting = new Set<() => void>();
  #purge: Purge | undefined;

  constructor(context: LeftoversContext) {
    this.#context = context;
  }

  /** Whether something is being deleted behind admission, here or by another process. */
  get isPurging(): boolean {
    return this.#purge !== undefined;
  }

  /** Resolves when what comes may be admitted. */
  async clear(epoch: string): Promise<void> {
    const { index, opener } = this.#context;
    void this.stop();
    if (index.repay === undefined || opener.purgesBehind !== true) return this.#clearFirst(epoch);
    const purge: Purge = { epoch, purger: "", hasTurn: false, working: Promise.resolve() };
    const turn = await this.#takeTurn(purge);
    if (turn === "clean") return;
    this.#purge = purge;
    purge.working = this.#work(purge, turn);
  }

  /** Waits a moment for the next step; whether there may be room that was not there before. */
  async madeRoom(): Promise<boolean> {
    if (this.#purge?.hasTurn !== true) return false;
    await this.#pause(NEXT_STEP_WITHIN, true);
    return true;
  }

  /** Deletes no more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    const { working } = this.#purge ?? {};
    this.#purge = undefined;
    this.#wake();
    await working;
  }

  async #clearFirst(epoch: string): Promise<void> {
    for await (const names of this.#steps(epoch)) await this.#delete(names);
    await this.#context.index.markClean();
  }

  async #work(purge: Purge, first: LeftoverTurn): Promise<void> {
    const { index, health } = this.#context;
    const pause = Math.min(index.lockAge, TRY_AGAIN_AFTER);
    let turn: LeftoverTurn | undefined = first;
    while (this.#purge === purge) {
      try {
        turn ??= await this.#takeTurn(purge);
        if (turn === "clean" || (turn === "held" && (await this.#clearBehind(purge)))) break;
      } catch (error) {
        health.fault(undefined, "purge", error);
      }
      turn = undefined;
      purge.hasTurn = false;
      if (this.#purge === purge) await this.#pause(pause, false);
    }
    if (this.#purge !== purge) return;
    this.#purge = undefined;
    this.#wake();
  }

  /** Asks for the turn under a new name. */
  async #takeTurn(purge: Purge): Promise<LeftoverTurn> {
    purge.purger = newEpoch();
    const turn = await (this.#context.index.repay as Repay)(purge.purger, 0);
    purge.hasTurn = turn === "held";
    return turn;
  }

  /** Deletes while it has the turn; whether all is gone. */
  async #clearBehind(purge: Purge): Promise<boolean> {
    const { index } = this.#context;
    let repaid = 0;
    const holds = async () =>
      this.#purge === purge && (await (index.repay as Repay)(purge.purger, repaid)) === "held";
    for await (const names of this.#steps(purge.epoch)) {
      // Asked after the names were listed: an index that was lost meanwhile has names of yet another epoch.
      if (!(await holds())) return false;
      try {
        await this.#delete(names, (bytes) => {
          repaid += bytes;
        });
      } finally {
        await holds();
        this.#wake();
      }
    }
    if (!(await holds())) return false;
    await index.markClean();
    return true;
  }

  /** Deletes names; `onGone` is told the bytes of those that are gone. Rejects unless all are. */
  async #delete(names: readonly FoundName[], onGone: (bytes: number) => void = () => {}): Promise<void> {
    const gone = new Set(await this.#context.reclaimer.deleteNames(names));
    onGone(names.reduce((sum, { token, bytes = 0 }) => sum + (gone.has(token) ? bytes : 0), 0));
    if (gone.size < new Set(names.map(({ token }) => token)).size)
      throw new Error("bytes of an earlier index cannot be deleted");
  }

  /** What nobody charges for, some at a time: names of another epoch, and of this one those that the index has forgotten. */
  async *#steps(epoch: string): AsyncIterable<readonly FoundName[]> {
    const { opener, index } = this.#context;
    let step: FoundName[] = [];
    let most = FIRST_STEP;
    const nobodys = async () => {
      const names = step;
      step = [];
      const own = names.filter(({ token }) => isOfEpoch(token, epoch));
      if (own.length === 0) return names;
      const known = await index.known(own);
      const forgotten = new Set(own.filter((_, i) => !known[i]));
      return names.filter((name) => !isOfEpoch(name.token, epoch) || forgotten.has(name));
    };
    for await (const name of opener.names?.() ?? []) {
      step.push(name);
      if (step.length < most) continue;
      most = Math.min(2 * most, LARGEST_STEP);
      yield await nobodys();
    }
    if (step.length > 0) yield await nobodys();
  }

  #pause(milliseconds: number, untilStep: boolean): Promise<void> {
    const { timers } = this.#context.settings;
    return new Promise((resolve) => {
      const end = () => {
        timers.clear(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = timers.set(end, milliseconds, { background: !untilStep });
      this.#waiting.add(end);
    });
  }

  #wake(): void {
    for (const end of [...this.#waiting]) end();
  }
}

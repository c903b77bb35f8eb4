import { isZarrCacheError } from "../errors.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { PassReason } from "../storage.ts";
import type {
  ClaimRef,
  ConfirmedFacts,
  EntryFacts,
  ReleaseOutcome,
  Reservation,
  StoreIndex,
} from "../store-index.ts";
import { timeSlices } from "../time-slices.ts";
import { Admission } from "./admission.ts";
import type { BackgroundWork } from "./background-work.ts";
import { FillRoom } from "./fill-room.ts";
import type { Leftovers } from "./leftovers.ts";
import type { ReadersFirst } from "./readers-first.ts";
import type { Reclaimer } from "./reclaimer.ts";
import type { SealedBytes } from "./sealed-bytes.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierLog } from "./tier-log.ts";
import type { TierOpening } from "./tier-opening.ts";
import type { TierSettings } from "./tier-options.ts";

/** What a tier keeps values with. */
export interface FillKeepingContext {
  readonly index: StoreIndex;
  readonly bytes: SealedBytes;
  readonly health: TierHealth;
  readonly log: TierLog;
  readonly reclaimer: Reclaimer;
  readonly leftovers: Leftovers;
  readonly opening: Pick<TierOpening, "isClosed">;
  readonly work: BackgroundWork;
  readonly settings: TierSettings;
  readonly readers: ReadersFirst;
}

/** What of a reservation does not depend on the medium. */
export type Wanted = Omit<Reservation, "footprint">;

/** The steps by which a tier keeps a value under a claim, or gives the claim up. */
export class FillKeeping {
  readonly #context: FillKeepingContext;
  /** Writes of bytes that took too long and still run, by token. */
  readonly #late = new Map<string, Promise<unknown>>();
  /** Claims that were given up and live on until their late write has ended, by token. */
  readonly #stuck = new Set<string>();
  /** Tokens under which bytes were, or are being, written and which are not known to be visible. */
  readonly #unsettled = new Set<string>();
  readonly #admission: Admission;
  readonly #room: FillRoom;

  constructor(context: FillKeepingContext) {
    this.#context = context;
    this.#admission = new Admission(context.settings);
    this.#room = new FillRoom(context.settings.maxFillBytes);
  }

  /** Whether a claim is one of this process that only a late write keeps alive, so that waiting for it is in vain. */
  isStuck(token: string): boolean {
    return this.#stuck.has(token);
  }

  /** Reserves, writes and commits a value; answers why not, or nothing when it is visible. Throws when the tier fails. */
  async keep(
    claim: ClaimRef,
    value: Uint8Array | undefined,
    wanted: Wanted,
    facts: EntryFacts,
    isBehind: boolean,
  ): Promise<PassReason | undefined> {
    const { index, bytes, health, log, opening, readers, settings } = this.#context;
    if (opening.isClosed) return "closed";
    const { part } = claim;
    const { size } = wanted;
    if (size > index.maxEntryBytes) return "oversized";
    // What is warmed or pinned, and what goes last, need not prove that it is asked for.
    if (wanted.weight === 1 && !this.#admission.admits(part, value, wanted.cost)) return "unproven";
    if (wanted.weight < 1) await this.#room.takeInTurn(size);
    else if (!this.#room.take(size)) return "full";
    try {
      // A tier in memory is done before anybody notices.
      const hasTime = isBehind && settings.fills !== "await" && index.scope !== "process";
      if (hasTime) {
        await readers.pass();
        await timeSlices.take();
      }
      const footprint = value === undefined ? 0 : bytes.footprint(part, size);
      const within = health[hasTime ? "atLength" : "within"].bind(health);
      const reserved = await this.#reserve(claim, { ...wanted, footprint }, within);
      if (reserved !== undefined) return reserved;
      let checksum = 0;
      let location: string | undefined;
      // Many are charged in one transaction, and all know it in the same turn.
      if (hasTime) await timeSlices.take();
      if (value !== undefined) {
        this.#unsettled.add(claim.token);
        const write = bytes.write(part, claim.token, value);
        ({ checksum, location } = write);
        await this.#written(claim, write.done);
      }
      const visible = await within("commit", index.commit(claim, { ...facts, checksum, location }));
      if (!visible) return "revoked";
      this.#unsettled.delete(claim.token);
      log.kept(part.storeId, size);
      health.fills.succeeded();
      await this.#tidy(part.storeId);
      return undefined;
    } finally {
      this.#room.leave(size);
    }
  }

  /** The entry is known by its validator: it may be another copy of that version than the one that was looked up. */
  async confirm(claim: ClaimRef, validator: string, facts: ConfirmedFacts): Promise<boolean> {
    const { index, health, opening } = this.#context;
    if (opening.isClosed) return false;
    const entry = await health.within("look-up", index.peek(claim.part));
    if (entry?.validator !== validator) return false;
    return health.within("confirm", index.confirm(claim, entry, facts));
  }

  /** Deletes what a fill has left; behind the answer where that takes time, since a writer may wait for it. */
  async #tidy(storeId: string): Promise<void> {
    const { index, work, reclaimer } = this.#context;
    const deleted = reclaimer.reclaimOrFault();
    if (index.scope === "process") await deleted;
    else work.behind(storeId, deleted);
  }

  /** Charges the budget, driving eviction once where it is full; answers why it cannot. */
  async #reserve(
    claim: ClaimRef,
    want: Wanted & { footprint: number },
    within: TierHealth["within"],
  ): Promise<PassReason | undefined> {
    const { index, reclaimer, leftovers, work } = this.#context;
    const reserve = () => within("reserve", index.reserve(claim, want));
    let answer = await reserve();
    if (answer === "full" && index.grow !== undefined) {
      await within("grow", index.grow(want));
      answer = await reserve();
    }
    if (answer === "full" && (await reclaimer.makeRoom(want, claim.part))) {
      answer = await reserve();
      // Where making room takes time, some is made for the next fills as well.
      if (index.scope !== "process") work.behind(claim.part.storeId, reclaimer.lowerOrFault());
    }
    if (answer === "full" && (await leftovers.madeRoom())) answer = await reserve();
    if (answer === "reserved") return undefined;
    return answer === "lost" ? "revoked" : "full";
  }

  /** Waits for a write; one that is late goes on, and its reservation stays charged until it has ended. */
  async #written(claim: ClaimRef, done: MaybePromise<void>): Promise<void> {
    if (!isPromise(done)) return;
    const { index, health, settings, work } = this.#context;
    const writing = Promise.resolve(done);
    this.#late.set(claim.token, writing);
    let late = false;
    // The reader has the value, and nobody else need wait for a medium that is slow.
    const letPass = () => {
      if (index.letPass !== undefined)
        work.behind(claim.part.storeId, Promise.resolve(health.within("letPass", index.letPass(claim))));
    };
    const slow = settings.timers.set(letPass, health.slowness, { background: true });
    try {
      await health.atLength("write", writing);
    } catch (error) {
      late = isZarrCacheError(error, "DeadlineError");
      throw error;
    } finally {
      settings.timers.clear(slow);
      if (!late) this.#late.delete(claim.token);
    }
  }

  /** Gives a claim up, once a late write of its bytes has ended. */
  async release(claim: ClaimRef, outcome: ReleaseOutcome): Promise<void> {
    const { index, health, opening, work } = this.#context;
    const writing = this.#late.get(claim.token);
    if (writing !== undefined) {
      this.#late.delete(claim.token);
      this.#stuck.add(claim.token);
      const after = () => {
        this.#stuck.delete(claim.token);
        // Once the tier is closed, whoever sweeps next finds the reservation.
        if (opening.isClosed) return;
        const released = this.release(claim, outcome).catch((error) =>
          health.fault(claim.part.storeId, "release", error),
        );
        work.behind(undefined, released);
      };
      // Nobody waits for it any more: it may never end.
      writing.then(after, after);
      return;
    }
    const hasWritten = this.#unsettled.delete(claim.token);
    await health.within("release", index.release(claim, outcome));
    await this.#tidy(claim.part.storeId);
    if (hasWritten) await this.#dropUncharged(claim);
  }

  /** Deletes what was written after its reservation had expired and been freed: no other will. */
  async #dropUncharged({ part, token }: ClaimRef): Promise<void> {
    const { index, health, reclaimer } = this.#context;
    const name = { storeId: part.storeId, token };
    const [isCharged] = await health.within("known", index.known([name]));
    if (isCharged === false) await reclaimer.deleteNames([name]);
  }
}

import { type Part, wholeId } from "../part.ts";
import type { IndexEntry, IndexUsage } from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import { limitOf } from "./budget.ts";
import { type ChargedName, nameKey, unpackName } from "./charged-name.ts";
import type { ClaimRecord } from "./claim-records.ts";
import { birthOf, unpackFacts } from "./entry-record.ts";
import { glanceAtHead, HEAD_KEY, type HeadGlance, type IndexHead, unpackHead } from "./index-head.ts";
import { fitsKey, getJson, type IndexTables, keysUnder } from "./index-tables.ts";
import type { LedgerTerms, StoreRecord } from "./ledger.ts";

/** What is to happen behind a run hangs on this: Node's `queueMicrotask` makes a resource of each call, which takes thrice as long. */
const DONE = Promise.resolve();

/**
 * What an open index says to those who only look: no lock, and no transaction of one's own.
 *
 * The snapshot is renewed once per synchronous run of the caller, so that what another process did is seen by the next
 * look-up, and a thousand look-ups in a row pay for one renewal.
 */
export class IndexView {
  readonly head: HeadGlance;
  readonly #terms: LedgerTerms;
  readonly #now: () => number;
  #isFresh = false;
  readonly #endRun = () => this.expire();

  /** `head` is kept up to date. */
  constructor(terms: LedgerTerms, head: HeadGlance, now: () => number) {
    this.#terms = terms;
    this.head = head;
    this.#now = now;
  }

  get tables(): IndexTables {
    return this.#terms.tables;
  }

  /** Makes the reads of this synchronous run see the latest state. */
  renew(): void {
    if (this.#isFresh) return;
    this.refresh();
    this.#isFresh = true;
    void DONE.then(this.#endRun);
  }

  /** Sees the latest state now, also in the middle of a run. */
  refresh(): void {
    const { root, state } = this.tables;
    const { cuts } = this.#terms;
    root.resetReadTxn();
    glanceAtHead(state.getBinaryFast(HEAD_KEY) as Buffer, this.head);
    if (cuts.version !== this.head.cutsVersion) cuts.follow(state, this.readHead());
  }

  /** Ends the run: what is read next is read anew. */
  expire(): void {
    this.#isFresh = false;
  }

  /** The whole head. */
  readHead(): IndexHead {
    return unpackHead(this.tables.state.getBinaryFast(HEAD_KEY) as Buffer);
  }

  /** Whether there is more than the bounds allow. */
  isOverfull(): boolean {
    this.renew();
    const head = this.readHead();
    const limit = limitOf(head, this.#terms.sizeOfFile());
    return head.charged - head.condemned > limit || head.entries > head.maxEntries;
  }

  /** The entry that answers a part with this id: its own, or that of the whole. */
  find(part: Part, id: string): IndexEntry | undefined {
    this.renew();
    if (!fitsKey(id)) return undefined;
    return this.#read(id, false) ?? (part.range === undefined ? undefined : this.#read(wholeId(part), true));
  }

  /** Whether the claim on a part is the one with this token, and its holder is believed to live. */
  isClaimedBy(id: string, token: string): boolean {
    this.renew();
    const claim = fitsKey(id) ? getJson<ClaimRecord>(this.tables.state, `k${id}`) : undefined;
    if (claim?.letsPass === true) return false;
    return claim?.token === token && !this.#terms.cuts.hides(id, claim.birth) && this.#lives(claim);
  }

  /** Some of the names whose bytes are to be deleted, oldest first. */
  condemned(limit: number): StoredName[] {
    this.renew();
    if (this.head.condemned === 0) return [];
    const found: StoredName[] = [];
    for (const key of keysUnder(this.tables.state, "q", limit)) {
      const token = this.tables.state.getBinaryFast(key)?.toString() ?? "";
      const name = this.nameOf(token);
      if (name !== undefined) found.push({ storeId: name.storeId, token });
    }
    return found;
  }

  /** What is charged for a token. */
  nameOf(token: string): ChargedName | undefined {
    const key = nameKey(token, this.#terms.epoch);
    const bytes = key && this.tables.names.getBinaryFast(key);
    return bytes === undefined ? undefined : unpackName(bytes);
  }

  /** Counts and sizes, of one store or of all. */
  usage(storeId: string | undefined): Omit<IndexUsage, "evictions"> {
    this.renew();
    const { maxBytes, maxEntries, entries, charged, condemned, pinned, maxPinnedBytes } = this.readHead();
    const claims = this.#countClaims(storeId);
    const bounds = { maxBytes, maxEntries, claims, pinnedBytes: pinned, maxPinnedBytes };
    if (storeId === undefined) return { ...bounds, entries, bytes: charged, condemnedBytes: condemned };
    const store = getJson<StoreRecord>(this.tables.state, `s${storeId}`);
    return {
      ...bounds,
      entries: store?.entries ?? 0,
      bytes: store?.bytes ?? 0,
      condemnedBytes: store?.condemned ?? 0,
    };
  }

  #read(id: string, whole: boolean): IndexEntry | undefined {
    const bytes = this.tables.entries.getBinaryFast(id);
    if (bytes === undefined) return undefined;
    const { cuts } = this.#terms;
    if (!cuts.isEmpty && cuts.hides(id, birthOf(bytes))) return undefined;
    return unpackFacts(bytes, whole);
  }

  #countClaims(storeId: string | undefined): number {
    const prefix = storeId === undefined ? "k" : `k${storeId}\n`;
    const { state } = this.tables;
    let live = 0;
    for (const key of keysUnder(state, prefix, Number.MAX_SAFE_INTEGER)) {
      const claim = getJson<ClaimRecord>(state, key);
      if (claim === undefined || this.#terms.cuts.hides(key.slice(1), claim.birth)) continue;
      if (this.#lives(claim)) live++;
    }
    return live;
  }

  #lives(claim: ClaimRecord): boolean {
    return Math.abs(this.#now() - claim.renewedAt) <= this.#terms.lockAge;
  }
}

import { type ChargedName, nameKey, packName, unpackName } from "./charged-name.ts";
import type { IndexHead } from "./index-head.ts";
import { type IndexTables, putJson, sortable } from "./index-tables.ts";

/** The books that names are charged in. */
export interface Books {
  readonly tables: IndexTables;
  readonly head: IndexHead;
  readonly epoch: string;
  /** What is counted for one store. */
  store(storeId: string): { bytes: number; condemned: number };
}

/**
 * The names that are charged, in one write transaction: charged, sometimes revoked, condemned, freed. Bytes may exist
 * under a name from the first to the last of these, so whatever is charged has one.
 */
export class NameBook {
  readonly #books: Books;

  constructor(books: Books) {
    this.#books = books;
  }

  /** Charges a token. */
  charge(token: string, storeId: string, charge: number, overhead: number): void {
    this.#put(token, { state: "held", charge, overhead, sequence: 0, storeId });
    this.#books.head.charged += charge;
    this.#books.head.overheads += overhead;
    this.#books.store(storeId).bytes += charge;
  }

  /** What is charged for a token. */
  of(token: string): ChargedName | undefined {
    const { epoch, tables } = this.#books;
    const key = nameKey(token, epoch);
    const bytes = key && tables.names.getBinaryFast(key);
    return bytes === undefined ? undefined : unpackName(bytes);
  }

  /** Takes a reservation away while its owner may still be writing. */
  revoke(token: string, renewedAt: number): void {
    const name = this.of(token);
    if (name?.state !== "held") return;
    this.#put(token, { ...name, state: "revoked" });
    putJson(this.#books.tables.state, `v${token}`, { renewedAt });
  }

  /** Puts a token on the list of those whose bytes are to be deleted. */
  condemn(token: string): void {
    const name = this.of(token);
    if (name === undefined || name.state === "condemned") return;
    if (name.state === "revoked") void this.#books.tables.state.remove(`v${token}`);
    const sequence = ++this.#books.head.condemnations;
    this.#put(token, { ...name, state: "condemned", sequence });
    void this.#books.tables.state.put(`q${sortable(sequence)}`, Buffer.from(token));
    this.#books.head.condemned += name.charge;
    this.#books.store(name.storeId).condemned += name.charge;
  }

  /** Stops charging a condemned token. */
  free(token: string): void {
    const name = this.of(token);
    if (name?.state !== "condemned") return;
    void this.#books.tables.names.remove(nameKey(token, this.#books.epoch) as Uint8Array);
    void this.#books.tables.state.remove(`q${sortable(name.sequence)}`);
    const store = this.#books.store(name.storeId);
    this.#books.head.charged -= name.charge;
    this.#books.head.condemned -= name.charge;
    this.#books.head.overheads -= name.overhead;
    store.bytes -= name.charge;
    store.condemned -= name.charge;
  }

  #put(token: string, name: ChargedName): void {
    const key = nameKey(token, this.#books.epoch);
    if (key !== undefined) void this.#books.tables.names.put(key, packName(name));
  }
}

import type { StoredName } from "../store-opener.ts";
import type { StoreSpace } from "./store-space.ts";

interface Condemned extends StoredName {
  readonly charge: number;
  readonly space: StoreSpace;
}

/** What a memory index charges for, and the condemned names that it still charges for until their bytes are gone. */
export class Charges {
  readonly #condemned = new Map<string, Condemned>();
  #total = 0;
  #condemnedBytes = 0;

  /** Bytes charged in all. */
  get total(): number {
    return this.#total;
  }

  /** Of these, bytes of condemned names. */
  get condemnedBytes(): number {
    return this.#condemnedBytes;
  }

  /** Number of condemned names. */
  get condemnedNames(): number {
    return this.#condemned.size;
  }

  add(space: StoreSpace, bytes: number): void {
    this.#total += bytes;
    space.bytes += bytes;
  }

  /** Marks charged bytes as condemned under a name. */
  condemn(token: string, charge: number, space: StoreSpace): StoredName {
    const name = { storeId: space.storeId, token, charge, space };
    this.#condemned.set(token, name);
    this.#condemnedBytes += charge;
    space.condemnedBytes += charge;
    return name;
  }

  /** Stops charging a condemned name; any other is left alone. */
  free(token: string): void {
    const name = this.#condemned.get(token);
    if (name === undefined) return;
    this.#condemned.delete(token);
    this.#condemnedBytes -= name.charge;
    name.space.condemnedBytes -= name.charge;
    this.add(name.space, -name.charge);
  }

  /** Some of the condemned names, oldest first. */
  names(limit: number): readonly StoredName[] {
    const names: StoredName[] = [];
    for (const { storeId, token } of this.#condemned.values()) {
      if (names.length >= limit) break;
      names.push({ storeId, token });
    }
    return names;
  }

  has(token: string): boolean {
    return this.#condemned.has(token);
  }

  /** Sets the total to what was recounted. */
  correct(total: number): void {
    this.#total = total;
  }
}

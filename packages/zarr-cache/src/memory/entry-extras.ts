import type { EntryFacts } from "../store-index.ts";

/** What only some entries have. */
type Extras = Pick<EntryFacts, "validator" | "location" | "grace">;

/** What only some entries have, by their slots: most of a large cache has none, and takes no memory for it. */
export class EntryExtras {
  readonly #validators = new Map<number, string>();
  readonly #locations = new Map<number, string>();
  readonly #graces = new Map<number, NonNullable<Extras["grace"]>>();

  validator(slot: number): string | undefined {
    return this.#validators.size === 0 ? undefined : this.#validators.get(slot);
  }

  /** Where the bytes of a slot are, among several locations. */
  location(slot: number): string | undefined {
    return this.#locations.size === 0 ? undefined : this.#locations.get(slot);
  }

  /** How long past its age an entry may be given, where its source says. */
  grace(slot: number): Extras["grace"] {
    return this.#graces.size === 0 ? undefined : this.#graces.get(slot);
  }

  set(slot: number, { validator, location, grace }: Extras): void {
    set(this.#validators, slot, validator);
    set(this.#locations, slot, location);
    this.setGrace(slot, grace);
  }

  setGrace(slot: number, grace: Extras["grace"]): void {
    set(this.#graces, slot, grace);
  }

  delete(slot: number): void {
    this.set(slot, { validator: undefined });
  }
}

function set<T>(extras: Map<number, T>, slot: number, extra: T | undefined): void {
  if (extra !== undefined) extras.set(slot, extra);
  else if (extras.size > 0) extras.delete(slot);
}

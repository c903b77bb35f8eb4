import type { CacheStorage } from "../storage.ts";

/** Binds a store id to its source on first use, and again when the copies of the id were dropped as a whole. */
export class Binding {
  readonly #bind: () => Promise<void>;
  readonly #stopListening: () => void;
  #isBound = false;
  #binding: Promise<void> | undefined;

  constructor(storage: CacheStorage, storeId: string, identity: string | undefined) {
    this.#bind = () => storage.bind(storeId, identity);
    this.#stopListening = storage.on("invalidate", (dropped) => {
      // The id may have been given to another source.
      if (dropped.storeId !== storeId || dropped.path !== "/") return;
      this.#isBound = false;
      this.#binding = undefined;
    });
  }

  get isBound(): boolean {
    return this.#isBound;
  }

  /** Resolves once the id is bound. A conflict is told to every caller. */
  bound(): Promise<void> {
    if (this.#binding === undefined) {
      const binding: Promise<void> = this.#bind().then(() => {
        // Unless its copies were dropped meanwhile.
        if (this.#binding === binding) this.#isBound = true;
      });
      this.#binding = binding;
    }
    return this.#binding;
  }

  close(): void {
    this.#stopListening();
  }
}

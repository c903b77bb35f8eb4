import { InvalidOptionError } from "./errors.ts";
import { isPromise } from "./maybe-promise.ts";
import { assertFunction } from "./options.ts";
import { showError } from "./show-error.ts";

/** Events among which there are faults. */
interface FaultEvents {
  readonly fault: { readonly tier: string; readonly operation: string; readonly error: unknown };
}

/**
 * Calls listeners by event name. One that throws disturbs neither the cache nor the other listeners: its first error is
 * told as a `fault` of the tier. Where nobody listens to those, or it was such a listener that threw, it is shown.
 */
export class Emitter<Events extends FaultEvents> {
  readonly #names: Readonly<Record<keyof Events, true>>;
  readonly #tier: string;
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => unknown>>();
  /** Listeners that threw, each of which is told of once. */
  readonly #thrown = new WeakSet<(detail: never) => unknown>();

  /** `names`: every event that there is. */
  constructor(names: Readonly<Record<keyof Events, true>>, tier: string) {
    this.#names = names;
    this.#tier = tier;
  }

  /**
   * Calls back on every event of a name; returns the way to stop it.
   * Throws `InvalidOptionError` for an event that there is not, or a listener that is not a function.
   */
  on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void {
    if (typeof event !== "string" || !Object.hasOwn(this.#names, event))
      throw new InvalidOptionError("event", event, Object.keys(this.#names).join(", "));
    assertFunction("listener", listener, "a function (detail) => void");
    let listeners = this.#listeners.get(event);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(event, listeners);
    }
    const own = (detail: Events[E]): void => this.#call(event, listener, detail);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** Whether anybody listens: lets a hot path skip making the detail. */
  hears(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  emit<E extends keyof Events>(event: E, detail: Events[E]): void {
    const listeners = this.#listeners.get(event);
    if (listeners === undefined) return;
    for (const own of [...listeners]) (own as (detail: Events[E]) => void)(detail);
  }

  #call<E extends keyof Events>(event: E, listener: (detail: Events[E]) => unknown, detail: Events[E]): void {
    const thrown = (error: unknown) => {
      if (this.#thrown.has(listener)) return;
      this.#thrown.add(listener);
      const operation = `listener of "${String(event)}"`;
      if (event !== "fault" && this.hears("fault"))
        this.emit("fault", { tier: this.#tier, operation, error } as Events["fault"]);
      else showError(new Error(`A ${operation} of the cache threw: ${error}`, { cause: error }));
    };
    try {
      const answer = listener(detail);
      if (isPromise(answer)) answer.then(undefined, thrown);
    } catch (error) {
      thrown(error);
    }
  }
}

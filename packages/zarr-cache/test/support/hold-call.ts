import { deferred, type FaultPlan } from "../../src/testing/index.ts";

/** One call of a wrapped thing that the test holds up. */
export interface HeldCall {
  /** Resolves when the call has come. */
  readonly come: Promise<void>;
  /** Lets it through. */
  go(): void;
}

/** Holds up the next call of an operation until the test lets it go. */
export function holdCall(plan: FaultPlan, operation: string): HeldCall {
  const come = deferred();
  const gone = deferred();
  const until: PromiseLike<void> = {
    // biome-ignore lint/suspicious/noThenProperty: being waited for is how the call tells that it has come.
    then(...handlers) {
      come.resolve();
      return gone.promise.then(...handlers);
    },
  };
  plan.add({ kind: "delay", on: operation, times: 1, until });
  return { come: come.promise, go: () => gone.resolve() };
}

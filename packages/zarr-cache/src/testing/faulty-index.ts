import type { MaybePromise } from "../maybe-promise.ts";
import type { StoreIndex } from "../store-index.ts";
import type { FaultPlan } from "./fault-plan.ts";

/** What answers at once by contract, and cannot fail. */
const SAFE: ReadonlySet<string> = new Set(["now", "recordAccess", "onWarning", "onShrink", "onReopened"]);

/** The same index with faults. Operations are the names of its methods, but `now`, `recordAccess` and those that listen. */
export function faultyIndex(index: StoreIndex, plan: FaultPlan): StoreIndex {
  return new Proxy(index, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function" || typeof name !== "string") return member;
      if (SAFE.has(name)) return member.bind(target);
      return (...args: unknown[]) =>
        plan.run({
          operation: name,
          work: () => member.apply(target, args) as MaybePromise<unknown>,
          signal: args.find((arg): arg is AbortSignal => arg instanceof AbortSignal),
        });
    },
  });
}

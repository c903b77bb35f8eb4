import type { FaultPlan } from "./fault-plan.ts";
import { interceptReads, type ReadableSource } from "./readable-source.ts";

/**
 * The same source with faults. Operations: `get`, `getRange`; everything else of the source works as before.
 * A hanging read ends when its signal aborts.
 */
export function faultySource<S extends ReadableSource>(source: S, plan: FaultPlan): S {
  return interceptReads(source, {}, ({ operation, work, signal }) =>
    plan.run<Uint8Array | undefined>({
      operation,
      work,
      signal,
      spoil: (bytes, change) => bytes && change(bytes),
    }),
  );
}

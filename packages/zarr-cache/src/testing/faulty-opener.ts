import type { ByteStore, Sealed, StoreOpener } from "../store-opener.ts";
import type { FaultPlan } from "./fault-plan.ts";

/**
 * The same opener with faults. Operations: `get`, `getRange`, `getSealedRange`, `set`, `delete`, `names`, `check`.
 * `truncate` and `flipBit` change the value of a `get` and `getSealedRange`, and what a `getRange` answers.
 */
export function faultyOpener(opener: StoreOpener, plan: FaultPlan): StoreOpener {
  const { crc32 } = opener;
  return {
    medium: opener.medium,
    purgesBehind: opener.purgesBehind === true,
    ...(crc32 && { crc32: (bytes: Uint8Array, seed?: number) => crc32.call(opener, bytes, seed) }),
    open: (storeId) => faultyStore(opener.open(storeId), plan),
    place: opener.place && ((token: string) => opener.place?.(token) ?? ""),
    footprint: (size, sealSize) => opener.footprint(size, sealSize),
    ...(opener.names && {
      async *names() {
        await plan.run({ operation: "names", work: () => undefined });
        if (opener.names !== undefined) yield* opener.names();
      },
    }),
    check: () => plan.run({ operation: "check", work: () => opener.check?.() }),
    close: () => opener.close?.(),
  };
}

function faultyStore(store: ByteStore, plan: FaultPlan): ByteStore {
  const { getRange, getSealedRange } = store;
  return {
    retains: store.retains ?? false,
    get: (token, size, sealSize, location) =>
      plan.run<Sealed | undefined>({
        operation: "get",
        work: () => store.get(token, size, sealSize, location),
        spoil: (sealed, change) => sealed && { ...sealed, value: change(sealed.value) },
      }),
    ...(getRange && {
      getRange: (token: string, offset: number, length: number) =>
        plan.run<Uint8Array | undefined>({
          operation: "getRange",
          work: () => getRange.call(store, token, offset, length),
          spoil: (bytes, change) => bytes && change(bytes),
        }),
    }),
    ...(getSealedRange && {
      getSealedRange: (...asked: Parameters<NonNullable<ByteStore["getSealedRange"]>>) =>
        plan.run<Sealed | undefined>({
          operation: "getSealedRange",
          work: () => getSealedRange.apply(store, asked),
          spoil: (sealed, change) => sealed && { ...sealed, value: change(sealed.value) },
        }),
    }),
    set: (token, value, seal, location) =>
      plan.run({ operation: "set", work: () => store.set(token, value, seal, location) }),
    delete: (token) => plan.run({ operation: "delete", work: () => store.delete(token) }),
  };
}

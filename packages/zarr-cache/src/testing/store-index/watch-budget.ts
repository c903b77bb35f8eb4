import type { StoreIndex } from "../../store-index.ts";
import { check } from "../check.ts";

const STEPS: ReadonlySet<string | symbol> = new Set([
  "claim",
  "reserve",
  "commit",
  "release",
  "makeRoom",
  "condemn",
  "free",
  "invalidate",
  "openWrite",
  "closeWrite",
  "deleteStore",
  "sweep",
]);

/** The same index, which throws after any step that left the budget broken. Its answers become promises. */
export function watchBudget(index: StoreIndex): StoreIndex {
  return new Proxy(index, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (!STEPS.has(name)) return member.bind(target);
      return async (...args: unknown[]) => {
        const answer: unknown = await member.apply(target, args);
        const { bytes, maxBytes, entries, maxEntries, condemnedBytes, claims } = await target.usage();
        const after = `after ${String(name)}`;
        check(bytes <= maxBytes, `${after} ${bytes} bytes are charged to a budget of ${maxBytes}`);
        check(entries <= maxEntries, `${after} there are ${entries} entries, allowed are ${maxEntries}`);
        check(condemnedBytes <= bytes, `${after} ${condemnedBytes} of ${bytes} charged bytes are condemned`);
        check(Math.min(bytes, entries, condemnedBytes, claims) >= 0, `${after} a count is negative`);
        return answer;
      };
    },
  });
}

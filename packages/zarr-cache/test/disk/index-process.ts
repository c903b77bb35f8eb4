// A process with an index of its own, driven by messages: { call, args } → { answer } or { error }.
import { LmdbStoreIndex as Index, type LmdbStoreIndex } from "zarr-cache/disk";
import { gdsf } from "../../src/policy.ts";

let stopAtNextRank = false;
const index: LmdbStoreIndex = new Index(process.argv[2] ?? "", {
  deadline: 5000,
  // Ranks are computed inside a write transaction, so this stops the process while it holds the write lock.
  policy(use) {
    if (stopAtNextRank) {
      stopAtNextRank = false;
      process.kill(process.pid, "SIGSTOP");
    }
    return gdsf(use);
  },
});

process.on("message", async ({ call, args }: { call: string; args: unknown[] }) => {
  try {
    if (call === "stopAtNextRank") stopAtNextRank = true;
    const method: unknown = Reflect.get(index, call);
    process.send?.({ answer: typeof method === "function" ? await method.apply(index, args) : undefined });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
process.send?.({ answer: "ready" });

import { describe, it } from "vitest";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { describeStoreOpener } from "../../src/testing/index.ts";

describeStoreOpener("MemoryStoreOpener", {
  open: async () => ({ opener: new MemoryStoreOpener(), dispose: async () => {} }),
  describe,
  it,
});

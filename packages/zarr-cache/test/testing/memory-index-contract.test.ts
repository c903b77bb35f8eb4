import { describe, it } from "vitest";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { describeStoreIndex } from "../../src/testing/index.ts";

describeStoreIndex("MemoryStoreIndex", {
  create: async ({ lockAge: _, ...options }) => {
    const index = new MemoryStoreIndex(options);
    return { index, dispose: async () => index.close() };
  },
  describe,
  it,
});

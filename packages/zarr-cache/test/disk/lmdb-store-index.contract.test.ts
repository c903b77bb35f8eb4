import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { LmdbStoreIndex } from "zarr-cache/disk";
import { describeStoreIndex } from "../../src/testing/describe-store-index.ts";

describeStoreIndex("LmdbStoreIndex", {
  describe,
  it,
  scope: "machine",
  persistent: true,
  async create(options) {
    const directory = await mkdtemp(join(tmpdir(), "lmdb-index-"));
    const open: LmdbStoreIndex[] = [];
    const make = () => {
      const index = new LmdbStoreIndex(directory, { deadline: 5000, ...options });
      open.push(index);
      return index;
    };
    return {
      index: make(),
      async reopen() {
        const index = make();
        await index.open();
        return index;
      },
      second: async () => make(),
      async dispose() {
        for (const index of open) await index.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LmdbBudgetLedger } from "zarr-cache/disk";
import { describeBudgetLedger } from "../../src/testing/describe-budget-ledger.ts";

describeBudgetLedger("LmdbBudgetLedger", {
  describe,
  it,
  async create({ maxBytes, leaseAge, clock }) {
    const directory = await mkdtemp(join(tmpdir(), "lmdb-ledger-"));
    const open: LmdbBudgetLedger[] = [];
    const make = (bytes = maxBytes) => {
      const ledger = new LmdbBudgetLedger(directory, { maxBytes: bytes, leaseAge, clock, deadline: 5000 });
      open.push(ledger);
      return ledger;
    };
    return {
      ledger: make(),
      second: async (bytes) => {
        const ledger = make(bytes);
        await ledger.open();
        return ledger;
      },
      async dispose() {
        for (const ledger of open) await ledger.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
});

describe("LmdbBudgetLedger", () => {
  it.each([
    ["an empty directory", () => new LmdbBudgetLedger("", { maxBytes: 1 }), "directory"],
    ["a budget that is none", () => new LmdbBudgetLedger("/x", { maxBytes: "10 parsecs" }), "maxBytes"],
    ["a negative lease", () => new LmdbBudgetLedger("/x", { maxBytes: 1, leaseAge: -1 }), "leaseAge"],
    [
      "an unknown option",
      () => new LmdbBudgetLedger("/x", { maxBytes: 1, lockAge: 1 } as { maxBytes: number }),
      "lockAge",
    ],
  ])("refuses %s, naming the option", (_, make, option) => {
    expect(make).toThrow(
      expect.objectContaining({ name: "InvalidOptionError", message: expect.stringContaining(option) }),
    );
  });

  it("refuses a network file system", async () => {
    const fileSystems = { type: () => 0x6969, mounts: () => "" };
    const ledger = new LmdbBudgetLedger("/tmp/never-made", { maxBytes: 1, fileSystems });
    await expect(ledger.open()).rejects.toMatchObject({ name: "CacheDirectoryError" });
  });

  it("refuses use after close", async () => {
    const ledger = new LmdbBudgetLedger("/tmp/never-made", { maxBytes: 1 });
    await ledger.close();
    await expect(ledger.settle("a", { limit: 0, wanted: 1 })).rejects.toMatchObject({ name: "ClosedError" });
  });
});

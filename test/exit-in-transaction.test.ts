import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openCache } from "zarr-cache/node";

const program = fileURLToPath(new URL("support/exit-while-filling.ts", import.meta.url));

it("a process that exits without closing its cache neither hangs nor keeps the lock", async () => {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-exit-"));
  try {
    for (let round = 0; round < 5; round++) {
      const endings = [7, 60, 250].map((answers) =>
        once(
          spawn(
            process.execPath,
            [
              "--conditions=@zarr-cache/source",
              "--import",
              "tsx",
              program,
              directory,
              String(answers + round),
            ],
            { stdio: "inherit" },
          ),
          "exit",
        ),
      );
      for (const [code, signal] of await Promise.all(endings))
        expect(signal === "SIGKILL" || code === 0).toBe(true);
    }
    const cache = await openCache(directory, { lockAge: 1000 });
    const store = cache.wrap(new Map([["/a", new Uint8Array(10)]]), "s");
    await store.get("/a");
    await cache.idle();
    expect((await cache.usage()).entries).toBeGreaterThan(0);
    await cache.sweep();
    const report = await cache.verify();
    expect({ lost: report.lost, corrupt: report.corrupt, accounting: report.accounting }).toEqual({
      lost: 0,
      corrupt: 0,
      accounting: [],
    });
    await cache.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 120_000);

import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DiskStoreOpener, LmdbStoreIndex } from "zarr-cache/disk";
import { seededRandom } from "../../src/testing/random.ts";

const ANY = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
const SEAL = new Uint8Array(16);

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "disk-budget-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const diskUsage = () => Number(execFileSync("du", ["-sB1", directory]).toString().split("\t")[0]);

it("files and index together never take more of the disk than maxBytes", async () => {
  const maxBytes = 30e6;
  const index = new LmdbStoreIndex(join(directory, "index"), { maxBytes, deadline: 5000 });
  const opener = new DiskStoreOpener(join(directory, "chunks", "{store_id}"));
  await index.open();
  await opener.check();
  const { below } = seededRandom(1);
  let kept = 0;
  let most = 0;

  const fill = async (storeId: string, key: string, size: number) => {
    const answer = await index.claim({ storeId, key }, ANY);
    if (answer.state !== "fill") return;
    const cost = 1 + below(1000);
    const want = { footprint: opener.footprint(size, SEAL.byteLength), size, cost, weight: 1 };
    for (
      let state = await index.reserve(answer.claim, want);
      ;
      state = await index.reserve(answer.claim, want)
    ) {
      if (state === "reserved") break;
      const room = state === "full" ? await index.makeRoom(want) : undefined;
      if (room === undefined || room.state === "refused") return index.release(answer.claim);
      for (const { storeId, token } of room.evicted) await opener.open(storeId).delete(token);
      await index.free(room.evicted.map(({ token }) => token));
    }
    await opener.open(storeId).set(answer.claim.token, new Uint8Array(size), SEAL);
    const facts = { missing: false, size, checksum: 0, age: 0, expiresAt: 9e15, cost, validator: undefined };
    if (await index.commit(answer.claim, facts)) kept++;
  };

  // Many small values first, so that the index has grown when the large ones come.
  for (const [count, least, largest] of [
    [1500, 0, 9000],
    [300, 50_000, 400_000],
    [300, 0, 9000],
  ] as const)
    for (let i = 0; i < count; i += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, j) => {
          const size = least + below(largest - least);
          return fill(`store${(i + j) % 3}`, `/array${count}/c/${i + j}/0`, size);
        }),
      );
      if (i % 300 === 0) most = Math.max(most, diskUsage());
    }
  most = Math.max(most, diskUsage());
  expect(most).toBeLessThanOrEqual(maxBytes);
  expect(most).toBeGreaterThan(maxBytes * 0.8);
  expect(kept).toBeGreaterThan(1000);
  expect(await index.verify({ repair: false })).toEqual([]);
  await index.close();
}, 60_000);

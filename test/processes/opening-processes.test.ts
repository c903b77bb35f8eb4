import { expect, it } from "vitest";
import { openCache } from "zarr-cache/node";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { makeOrigin } from "./support/origin.ts";
import { startWorker } from "./support/start-worker.ts";

const OPENINGS = 400;

it("processes that open the directory take nothing away from those that write", async () => {
  const origin = makeOrigin(400, 2_000);
  const directory = await temporaryDirectory();
  const one = await startWorker(origin);
  const two = await startWorker(origin);
  const opener = await startWorker(origin);
  const keys = [...origin.values.keys()];
  const assembly = { index: { maxBytes: 50e6, deadline: "1m" }, tier: { deadline: "1m" } } as const;
  await one.call("assemble", directory, assembly);
  await two.call("assemble", directory, assembly);
  const work = [one, two].map((worker, i) =>
    worker.call("churn", { keys, own: keys.filter((_, k) => k % 2 === i), readers: 8, seed: i }),
  );
  await opener.call("openAndClose", directory, OPENINGS);
  for (const worker of [one, two]) await worker.call("endChurn");
  await Promise.all(work);
  expect(origin.complaints).toEqual([]);
  for (const worker of [one, two]) {
    await worker.call("idle");
    expect(await worker.call("counts")).toMatchObject({ faults: 0 });
    await worker.call("close");
  }

  const cache = await openCache(directory, { maxBytes: 50e6 });
  expect(await cache.verify()).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
  expect((await cache.usage()).condemnedBytes).toBe(0);
  await cache.close();
});

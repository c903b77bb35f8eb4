import { it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { deafen, expectHeardOfDeadWriter } from "./support/dead-writer.ts";
import { makeOrigin } from "./support/origin.ts";
import { startWorkers, type Worker } from "./support/start-worker.ts";

it("what a process wrote that died before it could tell is read by others within a bound", async () => {
  const origin = deafen(makeOrigin(1, 10_000));
  const directory = await temporaryDirectory();
  const [writer, reader] = (await startWorkers(origin, 2)) as [Worker, Worker];
  for (const worker of [writer, reader])
    await worker.call("assemble", directory, { index: { maxBytes: 50e6, lockAge: 1000 }, memory: 1e6 });
  await expectHeardOfDeadWriter(origin, writer, reader);
});

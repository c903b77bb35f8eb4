import { it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { computeChunksOnce, readBackByAnother } from "./support/node-scenarios.ts";

it("computes each chunk once for four processes that read the same region", async () => {
  await computeChunksOnce(await temporaryDirectory());
});

it("evaluates each region once, and a new process lists every stage and reads every kind of result back", async () => {
  await readBackByAnother(await temporaryDirectory());
});

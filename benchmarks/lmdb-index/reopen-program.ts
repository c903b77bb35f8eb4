import { LmdbStoreIndex } from "zarr-cache/disk";
import { partNumber } from "../frame/fill-shared-index.ts";
import { answerAndEnd, orderOfProgram } from "../frame/program.ts";

// Answers the milliseconds from the first call to the first answer, in a process that has just started.
const { directory } = orderOfProgram<{ readonly directory: string }>();
const start = performance.now();
const index = new LmdbStoreIndex(directory, {
  deadline: "10s",
  onWarning: (message) => {
    throw new Error(message);
  },
});
await index.open();
const entry = await index.lookup(partNumber(0));
const milliseconds = performance.now() - start;
if (entry === undefined) throw new Error("The entry did not survive");
await index.close();
answerAndEnd(milliseconds);

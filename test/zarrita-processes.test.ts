import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { allDataSets, type DataSet } from "./support/data-sets.ts";
import { forkSupport, nextMessage } from "./support/fork.ts";
import type { ReadOverDisk, ReadOverDiskAnswer } from "./support/read-over-disk.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

/** Lets so many processes read everything at once through one directory, until all have ended. */
async function readInProcesses(
  count: number,
  dataSet: DataSet,
  directory: string,
): Promise<ReadOverDiskAnswer[]> {
  const children = await Promise.all(Array.from({ length: count }, () => forkSupport("read-over-disk.ts")));
  const task: ReadOverDisk = { directory, data: dataSet.directory, arrays: Object.keys(dataSet.arrays) };
  return Promise.all(
    children.map(async (child) => {
      const exited = once(child, "exit");
      child.send(task);
      const answer = await nextMessage<ReadOverDiskAnswer>(child);
      await exited;
      return answer;
    }),
  );
}

describe.each(allDataSets())("$name", (dataSet) => {
  const checksums = Object.fromEntries(
    Object.entries(dataSet.arrays).map(([path, { sha256 }]) => [path, sha256]),
  );

  it("is read from the source once by processes that share a directory, and never again", async () => {
    const directory = await temporaryDirectory();
    const answers = await readInProcesses(2, dataSet, directory);
    for (const { hashes } of answers) expect(hashes).toEqual(checksums);
    const reads = answers.flatMap((answer) => answer.reads);
    expect([...reads].sort(), "each thing once, whoever came first").toEqual([...new Set(reads)].sort());

    const [later] = await readInProcesses(1, dataSet, directory);
    expect(later).toEqual({ hashes: checksums, reads: [] });
  });
});

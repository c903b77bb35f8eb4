import { once } from "node:events";
import { LmdbStoreIndex } from "zarr-cache/disk";
import type { Benchmark } from "./frame/benchmark.ts";
import { fillSharedIndex } from "./frame/fill-shared-index.ts";
import { startProgram } from "./frame/program.ts";
import { interleave } from "./frame/rounds.ts";
import { spreadOf } from "./frame/spread.ts";
import { withTemporaryDirectory } from "./frame/temporary-directory.ts";
import type { LookupsAnswer, LookupsOrder } from "./lmdb-index/lookups-program.ts";

const PROCESSES = 4;

/** What the index on disk costs the processes that share it, and that it survives them. */
export const lmdbIndex: Benchmark = {
  name: "lmdb-index",
  about: `The LMDB index alone with a million entries. Four processes look up random entries at once, and pay with
processor time, that of counting the uses and of writing the
counts down included. A process that fills entries is killed with \`kill -9\`; the figure is
the time from \`open()\` to the first answer in the next process.`,

  run: ({ rounds, quick, progress }) =>
    withTemporaryDirectory(async (directory) => {
      const entries = quick ? 20_000 : 1_000_000;
      progress(`filling ${entries.toLocaleString("en")} entries`);
      const index = new LmdbStoreIndex(directory, { maxBytes: "1 TB", deadline: "10s" });
      await index.open();
      await index.markClean();
      await fillSharedIndex(index, entries);
      await index.close();

      progress("look-ups");
      const lookUp = (counted: boolean) => async (): Promise<number> => {
        const lookups = quick ? 20_000 : 300_000;
        const answers = await lookUpInProcesses({ directory, entries, lookups, counted });
        return mean(answers.map(({ processor }) => processor));
      };
      const measured = await interleave(rounds, {
        counted: lookUp(true),
        uncounted: lookUp(false),
        reopen: () => reopenAfterKill(directory),
      });
      const what = `${entries.toLocaleString("en")} entries`;
      const lookUps = (times: readonly number[]) => ({ spread: spreadOf(times), unit: "µs of processor" });
      return {
        findings: [
          {
            what: `look-up by ${PROCESSES} processes, ${what}`,
            figure: lookUps(measured.counted),
            target: { limit: 2.5, better: "lower" },
          },
          { what: "the same without counting uses", figure: lookUps(measured.uncounted) },
          {
            what: `reopen after kill -9, ${what}`,
            figure: { spread: spreadOf(measured.reopen), unit: "ms" },
            target: { limit: 1000, better: "lower" },
          },
        ],
      };
    }),
};

function lookUpInProcesses(order: Omit<LookupsOrder, "seed">): Promise<LookupsAnswer[]> {
  const file = new URL("./lmdb-index/lookups-program.ts", import.meta.url);
  const programs = Array.from({ length: PROCESSES }, (_, seed) =>
    startProgram<LookupsAnswer>(file, { ...order, seed }),
  );
  return Promise.all(programs.map(({ answer }) => answer));
}

async function reopenAfterKill(directory: string): Promise<number> {
  const writer = startProgram(new URL("./lmdb-index/writer-program.ts", import.meta.url), { directory });
  await writer.answer;
  const ended = once(writer.process, "exit");
  writer.process.kill("SIGKILL");
  await ended;
  return startProgram<number>(new URL("./lmdb-index/reopen-program.ts", import.meta.url), { directory })
    .answer;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

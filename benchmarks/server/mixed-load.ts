import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "../frame/benchmark.ts";
import { spreadOf } from "../frame/spread.ts";
import { withTemporaryDirectory } from "../frame/temporary-directory.ts";
import { startOurs } from "./ours.ts";
import type { ValuesOrigin } from "./values-origin.ts";
import { wrk } from "./wrk.ts";

const BUDGET_MB = 128;

/** Nine in ten for one of 500 values of 100 KB, the others for one of 20,000, so that memory and disk evict all the time. */
const SCRIPT = `
request = function()
  local name = math.random() < 0.9 and math.random(500) or math.random(20000)
  return wrk.format("GET", "/stores/values/data/100000/v" .. name)
end
`;

/** Resident memory of a server of which memory and disk are full all the time. */
export async function memoryUnderMixedLoad(origin: ValuesOrigin, seconds: number): Promise<Finding[]> {
  return withTemporaryDirectory(async (directory) => {
    const script = join(directory, "mixed.lua");
    await writeFile(script, SCRIPT);
    const server = await startOurs(directory, origin.port, { memory: `${BUDGET_MB} MB`, maxBytes: "500 MB" });
    try {
      let isOver = false;
      const load = wrk(server.url, 32, seconds, { script }).finally(() => {
        isOver = true;
      });
      const megabytes: number[] = [];
      const ofFiles: number[] = [];
      while (!isOver) {
        await Promise.race([sleep(Math.min(1000, seconds * 20)), load]);
        const held = await residentMegabytes(server.pid ?? 0);
        megabytes.push(held.all);
        ofFiles.push(held.ofFiles);
      }
      const { requestsPerSecond } = await load;
      const thirds = [1, 2].map((third) =>
        spreadOf(megabytes.slice((megabytes.length * third) / 3, (megabytes.length * (third + 1)) / 3)),
      );
      const [middle, last] = thirds.map(({ median }) => median);
      const lasting = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
      return [
        {
          what: `most memory in ${lasting} of mixed load, ${Math.round(requestsPerSecond)} requests/s`,
          ours: { spread: spreadOf([Math.max(...megabytes)]), unit: "MB" },
          beside: { who: "budget", spread: spreadOf([BUDGET_MB]), unit: "MB" },
          figure: { spread: spreadOf([Math.max(...megabytes) - BUDGET_MB]), unit: "MB" },
          target: { limit: 200, better: "lower" },
        },
        {
          what: "of it pages of files: Node, libraries, the index",
          figure: { spread: spreadOf([Math.max(...ofFiles)]), unit: "MB" },
        },
        {
          what: "its last third",
          ...(thirds[1] && { ours: { spread: thirds[1], unit: "MB" } }),
          ...(thirds[0] && { beside: { who: "middle third", spread: thirds[0], unit: "MB" } }),
          figure: { spread: spreadOf([(last ?? 0) / (middle ?? 0)]), unit: "×" },
          target: { limit: 1.1, better: "lower" },
        },
      ];
    } finally {
      await server.stop();
    }
  });
}

/** What `/proc` says that a process holds, and how much of it are mapped files, whose pages the system can take back. */
async function residentMegabytes(pid: number): Promise<{ readonly all: number; readonly ofFiles: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string) => {
    const [, kib] = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status) ?? [];
    return (Number(kib) * 1024) / 1e6;
  };
  return { all: megabytes("VmRSS"), ofFiles: megabytes("RssFile") };
}

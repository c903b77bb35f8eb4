import { benchmarks } from "./benchmarks.ts";
import { type Asked, readArguments, usage } from "./frame/arguments.ts";
import { describeMachine } from "./frame/machine.ts";
import { writeSection } from "./frame/readme-section.ts";
import { runApart } from "./frame/run-apart.ts";
import { findingsTable } from "./frame/table.ts";

const known = benchmarks.map(({ name }) => name);
const asked = ask();
if (asked !== undefined) await measure(asked);

/** What the command line asks for; `undefined` when there is nothing to be measured. */
function ask(): Asked | undefined {
  try {
    const read = readArguments(process.argv.slice(2), known);
    if (read !== "help") return read;
    console.log(usage(known));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
  return undefined;
}

/** Runs all benchmarks, or those named, each in a process of its own, and prints a table of each. */
async function measure({ names, rounds, quick, write }: Asked): Promise<void> {
  for (const benchmark of benchmarks) {
    if (names.length > 0 && !names.includes(benchmark.name)) continue;
    console.error(`${benchmark.name} …`);
    try {
      const { findings, text } = await runApart(benchmark, {
        name: benchmark.name,
        rounds,
        quick,
      });
      const results = [
        findingsTable(findings),
        ...(text === undefined ? [] : [`\`\`\`text\n${text}\n\`\`\``]),
      ];
      console.log(`\n## ${benchmark.name}\n\n${benchmark.about}\n\n${results.join("\n\n")}\n`);
      if (write && !quick) {
        const today = new Date().toISOString().slice(0, 10);
        const made = `${today}, \`pnpm bench ${benchmark.name}\`, ${rounds} rounds. ${describeMachine()}.`;
        const section = ["", benchmark.about, "", results.join("\n\n"), "", made, ""].join("\n");
        writeSection(new URL("./README.md", import.meta.url), benchmark.name, section);
      }
    } catch (error) {
      console.error(error);
      process.exitCode = 1;
    }
  }
}

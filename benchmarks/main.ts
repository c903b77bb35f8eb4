import { parseArgs } from "node:util";
import { benchmarks } from "./benchmarks.ts";
import { describeMachine } from "./frame/machine.ts";
import { writeSection } from "./frame/readme-section.ts";
import { runApart } from "./frame/run-apart.ts";
import { findingsTable } from "./frame/table.ts";

/**
 * Runs all benchmarks, or those named, each in a process of its own, and prints a table of each.
 * With `--write` the tables also replace those in README.md. `--quick` only checks that everything runs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "7" },
  },
});
const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(
    `No benchmark ${unknown.join(", ")}. There are: ${benchmarks.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}

for (const benchmark of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
  console.error(`${benchmark.name} …`);
  try {
    const { findings, text } = await runApart(benchmark, {
      name: benchmark.name,
      rounds: values.quick ? 1 : Number(values.rounds),
      quick: values.quick,
    });
    const results = [findingsTable(findings), ...(text === undefined ? [] : [`\`\`\`text\n${text}\n\`\`\``])];
    console.log(`\n## ${benchmark.name}\n\n${benchmark.about}\n\n${results.join("\n\n")}\n`);
    if (values.write && !values.quick) {
      const today = new Date().toISOString().slice(0, 10);
      const made = `${today}, \`pnpm bench ${benchmark.name}\`, ${values.rounds} rounds. ${describeMachine()}.`;
      const section = ["", benchmark.about, "", results.join("\n\n"), "", made, ""].join("\n");
      writeSection(new URL("./README.md", import.meta.url), benchmark.name, section);
    }
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}

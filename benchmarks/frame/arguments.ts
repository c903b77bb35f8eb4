import { parseArgs } from "node:util";

/** What is asked of the command. */
export interface Asked {
  readonly names: readonly string[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly write: boolean;
}

const USAGE = `pnpm bench [names] [--rounds N] [--quick] [--write]

  --rounds N   rounds that count, 7 unless told; medians are of these
  --quick      one small round, only to see that it runs; no figure to believe
  --write      puts the tables into benchmarks/README.md too`;

/** Reads the command's arguments; what is wrong with them is an `Error` of one line. */
export function readArguments(argv: readonly string[], known: readonly string[]): Asked | "help" {
  const { values, positionals: names } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      write: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      rounds: { type: "string", default: "7" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`No benchmark ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new Error(`--rounds is a whole number from 1 on, not ${values.rounds}.`);
  const { quick, write } = values;
  return { names, rounds: quick ? 1 : rounds, quick, write };
}

/** How to call the command, and what there is to be measured. */
export function usage(known: readonly string[]): string {
  return `${USAGE}\n\nThere are: ${known.join(", ")}.`;
}

import { Command } from "commander";
import { VERSION } from "../version.ts";
import { clearCommand } from "./commands/clear.ts";
import { completionCommand } from "./commands/completion.ts";
import { configCommand } from "./commands/config.ts";
import { demoCommand } from "./commands/demo.ts";
import { exportCommand } from "./commands/export.ts";
import { lsCommand } from "./commands/ls.ts";
import { regionsCommand } from "./commands/regions.ts";
import { serveCommand } from "./commands/serve.ts";
import { statsCommand } from "./commands/stats.ts";
import { verifyCommand } from "./commands/verify.ts";
import { warmCommand } from "./commands/warm.ts";
import { workerCommand } from "./commands/worker.ts";

const COMMANDS = [
  serveCommand,
  warmCommand,
  lsCommand,
  statsCommand,
  verifyCommand,
  clearCommand,
  exportCommand,
  workerCommand,
  regionsCommand,
  configCommand,
  demoCommand,
  completionCommand,
];

/** Makes the command `zarr-cache`. Each of its commands is a file in `commands` with a function that makes it. */
export function createCommand(): Command {
  const program = new Command("zarr-cache")
    .description("Makes any slow Zarr fast for every client, through one shared cache.")
    .version(VERSION);
  for (const command of COMMANDS) program.addCommand(command());
  for (const command of [program, ...program.commands])
    command.exitOverride().showSuggestionAfterError().showHelpAfterError("(add --help for what there is)");
  return program;
}

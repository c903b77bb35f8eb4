import { Command } from "commander";
import { VERSION } from "../version.ts";
import { configCommand } from "./commands/config.ts";
import { serveCommand } from "./commands/serve.ts";

/** Makes the command `zarr-cache`. Each of its commands is a file in `commands` with a function that makes it. */
export function createCommand(): Command {
  const program = new Command("zarr-cache")
    .description("Makes any slow Zarr fast for every client, through one shared cache.")
    .version(VERSION);
  for (const command of [serveCommand(), configCommand()]) program.addCommand(command);
  for (const command of [program, ...program.commands])
    command.exitOverride().showSuggestionAfterError().showHelpAfterError("(add --help for what there is)");
  return program;
}

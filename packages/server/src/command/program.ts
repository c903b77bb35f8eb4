import { readFileSync } from "node:fs";
import { Command } from "commander";

/** Makes the command `zarr-cache`. Each of its commands is a file in `commands` that exports a `Command`. */
export function createCommand(): Command {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return new Command("zarr-cache")
    .description("Makes any slow Zarr fast for every client, through one shared cache.")
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for the options)");
}

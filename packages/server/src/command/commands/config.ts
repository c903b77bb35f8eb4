import { Command } from "commander";
import { configJsonSchema } from "../../config/json-schema.ts";
import { printConfig } from "../../config/print-config.ts";
import { assertOpens } from "../../serving/assert-opens.ts";
import { type ConfigFlags, configOf, withConfigFlags } from "../config-flags.ts";
import { print, printJson } from "../show/print.ts";

/** `zarr-cache config`. */
export function configCommand(): Command {
  const command = new Command("config")
    .description("Check a configuration and what it names, and show what counts.")
    .argument("[source]", "as for serve");
  return withConfigFlags(command)
    .option("--print", "print what counts, with defaults and without secrets, as JSON")
    .option("--schema", "print the JSON Schema of configuration files")
    .action(async (source: string | undefined, flags: ConfigFlags & { print?: true; schema?: true }) => {
      if (flags.schema) {
        printJson(configJsonSchema());
        return;
      }
      const loaded = await configOf(source, flags);
      // Also of what cannot be used, since it may show why.
      if (flags.print) print(`${printConfig(loaded.config)}\n`);
      await assertOpens(loaded);
      if (!flags.print) print(`${loaded.file ?? "The configuration"} is in order.\n`);
    });
}

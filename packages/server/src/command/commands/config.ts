import { Command } from "commander";
import { configJsonSchema } from "../../config/json-schema.ts";
import { printConfig } from "../../config/print-config.ts";
import { type ConfigFlags, configOf, withConfigFlags } from "../config-flags.ts";

/** `zarr-cache config`. */
export function configCommand(): Command {
  const command = new Command("config")
    .description("Check a configuration, and show what counts.")
    .argument("[source]", "as for serve");
  return withConfigFlags(command)
    .option("--print", "print what counts, with defaults and without secrets, as JSON")
    .option("--schema", "print the JSON Schema of configuration files")
    .action(async (source: string | undefined, flags: ConfigFlags & { print?: true; schema?: true }) => {
      if (flags.schema) {
        process.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
        return;
      }
      const { config, file } = await configOf(source, flags);
      process.stdout.write(
        flags.print ? `${printConfig(config)}\n` : `${file ?? "The configuration"} is in order.\n`,
      );
    });
}

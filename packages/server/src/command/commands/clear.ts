import { Command } from "commander";
import { counted } from "../../counted.ts";
import { ask } from "../api/api.ts";
import { openDirectly, serverApi, type TargetFlags, withTargetFlags } from "../api/open-api.ts";
import { CommandError } from "../command-error.ts";
import { print, printJson } from "../show/print.ts";

interface Flags extends TargetFlags {
  readonly olderThan?: string;
}

const EXAMPLES = `
Examples:
  zarr-cache clear era5                      all that is cached of a store
  zarr-cache clear era5 /t2m                 an array
  zarr-cache clear era5 --older-than 7d      what is older

The source is never touched.`;

/** `zarr-cache clear <store> [path]`. */
export function clearCommand(): Command {
  const command = new Command("clear")
    .description("Drop what is cached of a store.")
    .argument("<store>", "the id of a store")
    .argument("[path]", "only this key and what is below it");
  return withTargetFlags(command)
    .option("--older-than <duration>", 'only what is older, such as "7d"')
    .addHelpText("after", EXAMPLES)
    .action(async (store: string, path: string | undefined, flags: Flags) => {
      if (path !== undefined && !path.startsWith("/"))
        throw new CommandError(`The path is "${path}"; a path begins with /, such as /t2m.`, 2);
      if (path !== undefined && flags.olderThan !== undefined)
        throw new CommandError("Give a path or --older-than, not both.", 2);
      const told =
        flags.server === undefined
          ? await clearDirectly(store, path, flags)
          : await clearAt(flags.server, store, path, flags);
      if (flags.json) printJson(told);
      else print(told.keys === null ? "Dropped.\n" : `${counted(told.keys, "key")} dropped.\n`);
    });
}

interface Told {
  readonly keys: number | null;
}

function clearAt(server: string, store: string, path: string | undefined, flags: Flags): Promise<Told> {
  return ask<Told>(serverApi(server), "/api/v1/invalidate", whatOf(store, path, flags));
}

/** Also for stores that are in the cache, and in no configuration. */
async function clearDirectly(store: string, path: string | undefined, flags: Flags): Promise<Told> {
  const opened = await openDirectly(flags);
  try {
    if (opened.context.stores.has(store))
      return await ask<Told>(opened, "/api/v1/invalidate", whatOf(store, path, flags));
    const { entries } = await opened.context.cache.usage(store);
    if (entries === 0) throw new CommandError(`Nothing is cached of a store "${store}" in ${opened.name}.`);
    if (flags.olderThan !== undefined)
      throw new CommandError(
        `--older-than needs "${store}" in the configuration, since it reads its entries.`,
        2,
      );
    await opened.context.cache.storage.invalidate(store, path ?? "/");
    return { keys: null };
  } finally {
    await opened.close();
  }
}

function whatOf(store: string, path: string | undefined, { olderThan }: Flags): object {
  return { store, ...(path !== undefined && { path }), ...(olderThan !== undefined && { olderThan }) };
}

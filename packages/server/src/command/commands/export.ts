import { Command } from "commander";
import {
  CachedStore,
  IndexedCacheStorage,
  type KeySelection,
  MemoryStoreIndex,
  MemoryStoreOpener,
} from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import { tarWriter, zarrDirectory } from "zarr-cache/node";
import { openDirectly, serverApi, type TargetFlags, withTargetFlags } from "../api/open-api.ts";
import { CommandError } from "../command-error.ts";
import { print, printJson } from "../show/print.ts";
import { progress } from "../show/progress.ts";
import { isSource, storeNameOf } from "../store-name.ts";

interface Flags extends TargetFlags {
  readonly array?: readonly string[];
  readonly pattern?: string;
  readonly cachedOnly?: true;
  readonly partial?: true;
}

const EXAMPLES = `
Examples:
  zarr-cache export era5 era5.zarr --array t2m         a plain Zarr directory, which any tool reads
  zarr-cache export era5 era5.tar --pattern '/t2m/**'  a tar file
  zarr-cache export era5 here.zarr --cached-only --partial    what is cached, without asking the source`;

/** `zarr-cache export <store> <target>`. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description("Write a plain copy that any Zarr tool reads.")
    .argument("<store>", "the id of a store, or a source as for serve")
    .argument("<target>", "a directory that does not exist, or a file that ends in .tar");
  return withTargetFlags(command)
    .option("-a, --array <name...>", "only these arrays")
    .option("-p, --pattern <pattern>", "only these keys, such as '/t2m/**'")
    .option("--cached-only", "only what is cached; the source is not asked")
    .option("--partial", "also where chunks are missing; they read as fill values")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, target: string, flags: Flags) => {
      if (flags.array !== undefined && flags.pattern !== undefined)
        throw new CommandError("Give --array or --pattern, not both.", 2);
      const { store, close } = await storeOf(name, flags);
      const tar = target.endsWith(".tar") ? await tarWriter(target) : undefined;
      const line = progress("written");
      try {
        const selection: KeySelection | undefined =
          flags.array !== undefined
            ? { arrays: flags.array }
            : flags.pattern !== undefined
              ? { pattern: flags.pattern }
              : undefined;
        const report = await store.export(tar ?? zarrDirectory(target), selection, {
          ...(flags.cachedOnly && { cachedOnly: true }),
          ...(flags.partial && { partial: true }),
          onProgress: ({ done, total }) => line.show(done, total ?? null),
        });
        await tar?.close();
        line.end();
        if (flags.json) printJson(report);
        else print(`Written to ${target}.\n`);
      } finally {
        line.end();
        await close();
      }
    });
}

/** The store to copy: of the cache, or of a server, whose values pass through memory. */
async function storeOf(
  name: string,
  flags: Flags,
): Promise<{ readonly store: CachedStore; close(): Promise<void> }> {
  if (flags.server !== undefined) {
    const { name: base } = serverApi(flags.server);
    const token = process.env["ZARR_CACHE_TOKEN"];
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const storage = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
    const source = new HttpSource(`${base}/stores/${name}`, { headers });
    return { store: new CachedStore(source, name, storage), close: () => storage.close() };
  }
  const source = isSource(name) ? name : undefined;
  const opened = await openDirectly(flags, source);
  const id = source === undefined ? name : (flags.id ?? storeNameOf(source));
  const served = opened.context.stores.get(id);
  if (served !== undefined) return { store: served.store, close: () => opened.close() };
  await opened.close();
  const known = [...opened.context.stores.keys()].join(", ") || "none";
  throw new CommandError(`There is no store "${id}"; configured: ${known}.`, 2);
}

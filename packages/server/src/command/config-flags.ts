import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import { storeNameOf } from "./store-name.ts";

/** Flags that say which cache it is, as they are given. */
export interface CacheFlags {
  readonly config?: string;
  readonly id?: string;
  readonly cache?: string;
  readonly maxBytes?: string;
  readonly memory?: string;
  readonly index?: string;
}

/** Flags that say how a server is configured. */
export interface ConfigFlags extends CacheFlags {
  readonly listen?: string;
  readonly workers?: number;
  readonly writable?: true;
  readonly allowPublic?: true;
  readonly logLevel?: string;
}

/** Adds the flags that say which cache it is. */
export function withCacheFlags(command: Command): Command {
  return command
    .option("-c, --config <file>", "the configuration; default: zarr-cache.config.{json,yaml,ts} here")
    .option("--id <id>", "name of the store; default: the end of the URL without .zarr")
    .option("--cache <location>", 'a directory, or "s3://bucket/prefix"; default ~/.cache/zarr-cache')
    .option("--max-bytes <size>", 'budget of the cache, such as "10 GB"')
    .option("--memory <size>", 'budget in memory of each process; default "256 MB"')
    .option("--index <url>", 'index that machines share: "redis://…"');
}

/** Adds the flags that say how a server is configured. */
export function withConfigFlags(command: Command): Command {
  return withCacheFlags(command)
    .option("-l, --listen <host:port>", 'address to listen at; default "127.0.0.1:5000"')
    .option("-w, --workers <n>", "processes that serve, over one shared cache", wholeNumber)
    .option("--writable", "lets clients write to the source (buckets and directories)")
    .option("--allow-public", "listens at a public address although there is no token")
    .option("--log-level <level>", "debug, info, warn, error or silent");
}

/** Reads the configuration that a command line means, with one store more where it names a source; `more` are sections of it. */
export function configOf(
  source: string | undefined,
  flags: ConfigFlags,
  more: Readonly<Record<string, object>> = {},
): Promise<LoadedConfig> {
  const directory = process.cwd();
  const { writable, cache, maxBytes, memory, index } = flags;
  const stores = source && {
    [flags.id ?? storeNameOf(source)]: { source: fromHere(source, directory), ...(writable && { writable }) },
  };
  const tier = given({ location: cache && fromHere(cache, directory), maxBytes, memory, index });
  return loadConfig({
    file: flags.config,
    directory,
    env: process.env,
    flags: given({
      ...more,
      listen: flags.listen,
      workers: flags.workers,
      logLevel: flags.logLevel,
      allowPublic: flags.allowPublic,
      stores,
      cache: Object.keys(tier).length === 0 ? undefined : tier,
    }),
  });
}

/** Paths of a command line begin where it is typed, and not where the configuration is. */
export function fromHere(place: string, directory: string = process.cwd()): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(place) || place.startsWith("~") ? place : resolve(directory, place);
}

/** Reads a flag that is a whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

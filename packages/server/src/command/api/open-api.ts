import type { Command } from "commander";
import { noBulletin } from "../../operations/bulletin.ts";
import { Jobs } from "../../operations/jobs.ts";
import { Generation } from "../../serving/generation.ts";
import { serverLog } from "../../serving/server-log.ts";
import { CommandError } from "../command-error.ts";
import { type CacheFlags, configOf, withCacheFlags } from "../config-flags.ts";
import type { Api } from "./api.ts";

/** Flags that say which cache a command is about. */
export interface TargetFlags extends CacheFlags {
  readonly server?: string;
  readonly json?: true;
}

/** A cache that this command has opened itself. */
export interface OpenedCache extends Api {
  readonly context: Generation["context"];
}

/** Adds the flags that say which cache a command is about: a server that runs, or a cache that it opens itself. */
export function withTargetFlags(command: Command): Command {
  return withCacheFlags(command)
    .option("-s, --server <url>", "a server that runs; its token is read from ZARR_CACHE_TOKEN")
    .option("--json", "print JSON");
}

/** Opens what the flags say; a source in place of a configured store is served under its name. */
export function openApi(flags: TargetFlags, source?: string): Promise<Api> {
  return flags.server === undefined ? openDirectly(flags, source) : Promise.resolve(serverApi(flags.server));
}

/** The API of a server that runs. */
export function serverApi(url: string): Api {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new CommandError(`--server is "${url}"; it is an address such as http://127.0.0.1:5000`, 2);
  const base = url.replace(/\/+$/, "");
  const token = process.env["ZARR_CACHE_TOKEN"];
  return {
    name: base,
    async fetch(path, init = {}) {
      const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) };
      try {
        return await fetch(`${base}${path}`, { ...init, headers });
      } catch (error) {
        const reason = (error as { cause?: Error }).cause?.message || (error as Error).message;
        throw new CommandError(`${base} does not answer (${reason}); is a server running there?`, 1, {
          cause: error,
        });
      }
    },
    close: async () => {},
  };
}

/** Opens the cache of a configuration in this process, and answers as a server would that everybody may ask. */
export async function openDirectly(flags: TargetFlags, source?: string): Promise<OpenedCache> {
  const loaded = await configOf(source, flags);
  const config = { ...loaded.config, tokens: [], region: undefined };
  const generation = await Generation.open(
    { ...loaded, config },
    {
      log: serverLog("warn"),
      bulletin: noBulletin,
      jobs: new Jobs(noBulletin, Date.now),
      requests: {},
      isDraining: () => false,
    },
  );
  return {
    name: config.cache.location,
    context: generation.context,
    fetch: async (path, init) => generation.fetch(new Request(`http://localhost${path}`, init), {}),
    close: () => generation.close(),
  };
}

import type { ChunkCache } from "zarr-cache/node";
import { type Aside, asideSettings, openAside } from "../cache-aside/aside.ts";
import { ConfigError } from "../config/config-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { ServerContext } from "../context.ts";

/** The cache-aside API as it is configured, else over the only store. Rejects with `ConfigError`. */
export async function openConfiguredAside(
  { config, directory }: LoadedConfig,
  context: { readonly cache: ChunkCache; readonly stores: ServerContext["stores"] },
): Promise<Aside | undefined> {
  const [only, ...others] = Object.keys(config.stores);
  const settings =
    config.aside ??
    (only !== undefined && others.length === 0 ? asideSettings.parse({ store: only }) : undefined);
  try {
    return settings && (await openAside(context, settings, directory));
  } catch (error) {
    throw new ConfigError("aside", [(error as Error).message], { cause: error });
  }
}

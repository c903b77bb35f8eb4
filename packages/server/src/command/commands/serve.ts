import { Command } from "commander";
import type { LoadedConfig } from "../../config/load-config.ts";
import { isPipeline } from "../../config/store-section.ts";
import { runServer } from "../../node/run-server.ts";
import { serverLog } from "../../serving/server-log.ts";
import { CommandError } from "../command-error.ts";
import { type ConfigFlags, configOf, withConfigFlags } from "../config-flags.ts";

const EXAMPLES = `
Examples:
  zarr-cache serve https://slow.example/era5.zarr        serves it as http://127.0.0.1:5000/stores/era5/
  zarr-cache serve s3://bucket/era5.zarr --id weather    another name
  zarr-cache serve ./data.zarr --listen 127.0.0.1:8080   a directory, at another port
  ZARR_CACHE_TOKEN=… zarr-cache serve URL --listen 0.0.0.0:5000    for a network, with a token
  zarr-cache serve                                       what zarr-cache.config.yaml here says

Then read http://127.0.0.1:5000/stores/era5/ with xarray, zarrita, GDAL or a browser.
SIGHUP reads the configuration anew; SIGTERM answers what is under way and ends.`;

/** `zarr-cache serve [source]`. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .description("Serve a slow Zarr, or all stores of a configuration, fast.")
    .argument("[source]", "https://…, s3://bucket/prefix, or a directory");
  return withConfigFlags(command)
    .option("--json", "print the address as one line of JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string | undefined, flags: ConfigFlags & { readonly json?: true }) => {
      await runServer({
        load: async () => assertStores(await configOf(source, flags)),
        log: serverLog,
        onListening: (url, loaded) =>
          process.stdout.write(flags.json ? asJson(url, loaded) : asText(url, loaded)),
      });
      // Connections to sources that are kept for the next request would hold it up.
      process.exit(0);
    });
}

function assertStores(loaded: LoadedConfig): LoadedConfig {
  if (Object.keys(loaded.config.stores).length > 0) return loaded;
  throw new CommandError(
    loaded.file === undefined
      ? "There is nothing to serve: name a source (zarr-cache serve https://…), or write a zarr-cache.config.yaml."
      : `There is nothing to serve: ${loaded.file} has no stores.`,
    2,
  );
}

function asJson(url: string, { config }: LoadedConfig): string {
  const stores = Object.keys(config.stores).map((id) => ({ id, url: `${url}/stores/${id}/` }));
  return `${JSON.stringify({ url, stores, pid: process.pid })}\n`;
}

function asText(url: string, { config }: LoadedConfig): string {
  const lines = Object.entries(config.stores).map(
    ([id, store]) => `  ${url}/stores/${id}/  ${isPipeline(store) ? store.pipeline : shown(store.source)}`,
  );
  return `zarr-cache serves at ${url}\n${lines.join("\n")}\n`;
}

/** Without credentials and parameters. */
function shown(source: string): string {
  return source.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/, "");
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { type StartedServer, type StartOptions, startServer } from "./start-server.ts";

/** A server that was started beside a configuration file. */
export interface ConfiguredServer extends StartedServer {
  /** Where it was started. */
  readonly cwd: string;
  /** Writes another configuration, which the server is not told of. */
  configure(config: object): Promise<void>;
  /** Has the server read another configuration; resolves with what it logs of that, which is that it has, unless told. */
  reload(config: object, logs?: string): Promise<Record<string, unknown>>;
}

/** Starts a server with a configuration, which it finds beside it; it ends with the test. */
export async function startConfigured(
  config: object,
  options: Pick<StartOptions, "env"> = {},
): Promise<ConfiguredServer> {
  const cwd = await temporaryDirectory();
  const configure = (next: object) => writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify(next));
  await configure(config);
  const server = await startServer([], { ...options, cwd });
  return {
    ...server,
    cwd,
    configure,
    async reload(next, logs = "reloaded") {
      await configure(next);
      const logged = server.logged(logs);
      server.process.kill("SIGHUP");
      return logged;
    },
  };
}

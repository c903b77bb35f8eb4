import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fixture } from "../../../support/data-sets.ts";
import { type ScriptedOrigin, scriptedOrigin, wellBehaved } from "../../../support/scripted-origin.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";
import { type StartedServer, startServer } from "../../support/start-server.ts";
import type { ServedArrays } from "./client.ts";

/** Fixtures on a web server that counts what it is asked, and a server of ours in front of it. */
export interface ServedFixtures {
  readonly origin: ScriptedOrigin;
  readonly server: StartedServer;
  readonly stores: readonly ServedArrays[];
}

/** Starts both; they end with the test. */
export async function serveFixtures(names: readonly string[]): Promise<ServedFixtures> {
  const origin = await scriptedOrigin(async (request) => {
    const [, name = "", ...key] = request.path.split("/");
    const path = join(fixture(name).directory, ...key);
    return wellBehaved(await readFile(path).catch(() => undefined), request);
  });
  const cwd = await temporaryDirectory();
  const ids = names.map((name) => [name.replace(".zarr", ""), name] as const);
  const sources = Object.fromEntries(ids.map(([id, name]) => [id, `${origin.url}/${name}`]));
  await writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify({ stores: sources }));
  const server = await startServer([], { cwd });
  return {
    origin,
    server,
    stores: ids.map(([id, name]) => ({
      name,
      url: `${server.url}/stores/${id}`,
      arrays: Object.keys(fixture(name).arrays),
    })),
  };
}

/** SHA-256 of the values of each array, by store and array, as they were written down when the fixtures were made. */
export function valuesOf(names: readonly string[]): Record<string, Record<string, string>> {
  const hashes = (name: string) =>
    Object.entries(fixture(name).arrays).map(([array, { sha256 }]) => [array, sha256]);
  return Object.fromEntries(names.map((name) => [name, Object.fromEntries(hashes(name))]));
}

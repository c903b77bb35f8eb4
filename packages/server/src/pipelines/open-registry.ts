import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { NodeRegistry } from "@zarr-cache/nodes";
import { ConfigError } from "../config/config-error.ts";
import { WrongPlaces } from "../config/wrong-places.ts";
import { pathOf } from "../sources/open-source.ts";
import type { Nodes } from "./load-nodes.ts";

/** What definitions may name, and which version of the operator's modules it is of. */
export interface OpenedRegistry {
  readonly registry: NodeRegistry;
  /** Differs as soon as a module does; empty where there are none. */
  readonly version: string;
}

/**
 * Makes a registry of the types of `@zarr-cache/nodes` and of what the modules of a configuration list. Code comes from
 * these alone, never from a definition. Rejects with `ConfigError` that names every module that cannot be used.
 */
export async function openRegistry(
  nodes: Nodes,
  modules: readonly string[],
  directory: string,
): Promise<OpenedRegistry> {
  const registry = nodes.createRegistry();
  const wrong = new WrongPlaces();
  const versions: (string | undefined)[] = [];
  for (const [place, module] of modules.entries())
    versions.push(await wrong.attempt(() => addModule(registry, place, module, directory)));
  wrong.assertNone();
  return { registry, version: versions.length === 0 ? "" : sha256(versions.join()) };
}

/** Adds what a module lists; resolves to the version of its text. */
async function addModule(
  registry: NodeRegistry,
  place: number,
  module: string,
  directory: string,
): Promise<string> {
  try {
    const file = pathOf(module, directory);
    const version = sha256(await readFile(file));
    // Another text is another module, so that a reload takes it.
    const { default: listed } = await import(`${pathToFileURL(file).href}?version=${version.slice(0, 16)}`);
    addAll(registry, listed);
    return version;
  } catch (error) {
    const problem = `${module}: ${(error as Error).message}`;
    throw new ConfigError(`pipelines.modules[${place}]`, [problem], { cause: error });
  }
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function addAll(registry: NodeRegistry, listed: unknown): void {
  if (!Array.isArray(listed))
    throw new TypeError("its default export is no list; export default [MyNode, resource(name, value)]");
  for (const each of listed)
    if (typeof each === "function") registry.register(each);
    else registry.provide(each);
}

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createJiti } from "jiti";
import { parseDocument } from "yaml";
import { ConfigError } from "./config-error.ts";

const NAMES = ["json", "yaml", "yml", "ts", "mts", "js", "mjs"].map(
  (ending) => `zarr-cache.config.${ending}`,
);

/** The file that configures: the one that is named, else the first of the usual names in a directory, if there is one. */
export function findConfigFile(named: string | undefined, directory: string): string | undefined {
  if (named === undefined) return NAMES.map((name) => join(directory, name)).find((path) => existsSync(path));
  const path = resolve(directory, named);
  if (!existsSync(path)) throw new ConfigError(path, ["there is no such file; name another with --config"]);
  return path;
}

/** Reads a file as it is written: JSON and YAML, or a module whose default export is the configuration. */
export async function readConfigFile(path: string): Promise<unknown> {
  switch (extname(path)) {
    case ".json":
    case ".yaml":
    case ".yml":
      return parseText(path, await readFile(path, "utf8"));
    case ".ts":
    case ".mts":
    case ".js":
    case ".mjs":
      return importModule(path);
    default:
      throw new ConfigError(path, ["is of no kind that is read: .json, .yaml, .ts or .js"]);
  }
}

/** JSON is YAML as well, and so both are told with the line that is wrong. */
function parseText(path: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error === undefined) return document.toJS() ?? {};
  const [position] = error.linePos ?? [];
  const place = position === undefined ? "" : `line ${position.line}, column ${position.col}: `;
  throw new ConfigError(path, [`${place}${error.message.split("\n")[0]}`], { cause: error });
}

async function importModule(path: string): Promise<unknown> {
  // Read anew every time, for the sake of a reload.
  const jiti = createJiti(pathToFileURL(path).href, { moduleCache: false, fsCache: false });
  try {
    const value = await jiti.import<unknown>(path, { default: true });
    return typeof value === "function" ? await value() : value;
  } catch (error) {
    throw new ConfigError(path, [`cannot be run: ${(error as Error).message}`], { cause: error });
  }
}

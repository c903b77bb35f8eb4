import { dirname } from "node:path";
import { ConfigError, describeIssues } from "./config-error.ts";
import { findConfigFile, readConfigFile } from "./config-file.ts";
import { type Config, configSchema } from "./config-schema.ts";
import { fromEnvironment } from "./environment.ts";

/** Where a configuration comes from; later ones go over earlier: file, environment, flags. */
export interface ConfigOrigins {
  /** The file to read; else the usual names in `directory` are looked for. */
  readonly file?: string | undefined;
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the command line says, in the form of a configuration. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** A configuration, and the directory that its paths begin in. */
export interface LoadedConfig {
  readonly config: Config;
  readonly file: string | undefined;
  readonly directory: string;
}

/** Reads a configuration, and checks it whole; throws {@link ConfigError} with every place that is wrong. */
export async function loadConfig({ file, directory, env, flags = {} }: ConfigOrigins): Promise<LoadedConfig> {
  const path = findConfigFile(file ?? (env["ZARR_CACHE_CONFIG"] || undefined), directory);
  const written = path === undefined ? {} : await readConfigFile(path);
  if (typeof written !== "object" || written === null || Array.isArray(written))
    throw new ConfigError(path ?? "configuration", ["is not an object of settings"]);
  const merged = merge(withEnvironment(written as Fields, fromEnvironment(env)), flags);
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success)
    throw new ConfigError(path ?? "The configuration", describeIssues(parsed.error.issues), {
      cause: parsed.error,
    });
  return { config: parsed.data, file: path, directory: path === undefined ? directory : dirname(path) };
}

type Fields = Readonly<Record<string, unknown>>;

/** A token of the environment is one more: whoever sets one does not take the others' away. */
function withEnvironment(written: Fields, { tokens, ...environment }: Fields): Fields {
  const merged = merge(written, environment);
  const { tokens: own = [] } = written;
  return Array.isArray(tokens) && Array.isArray(own) ? { ...merged, tokens: [...own, ...tokens] } : merged;
}

/** Puts settings over others: objects by name, everything else whole. */
function merge(below: Fields, above: Fields): Fields {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const old = merged[name];
    merged[name] = isFields(old) && isFields(value) ? merge(old, value) : value;
  }
  return merged;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

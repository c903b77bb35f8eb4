import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { CachedStore } from "zarr-cache";
import { type Memo, memo } from "zarr-cache/memo";
import type { ChunkCache } from "zarr-cache/node";
import { keyOfPath } from "../cache-aside/object-path.ts";
import { cacheStats } from "./builtin/cache-stats.ts";
import type { FunctionArguments } from "./cached-items.ts";
import { FunctionError } from "./function-error.ts";
import { FunctionPool } from "./function-pool.ts";
import type { FunctionSettings } from "./function-settings.ts";
import { resultJson } from "./result-json.ts";

/** Runs a function; resolves to its result as JSON. */
type Run = (args: FunctionArguments, signal?: AbortSignal) => Promise<string>;

/** Functions see no more of the environment than these, and what the settings name. */
const ENVIRONMENT = ["PATH", "TZ", "LANG", "HOME"];

/**
 * The functions that clients may call by name: those of the configuration, and the built-in `cache_item_stats` and
 * `cache_stats`. They see the items of one store that are cached.
 */
export class Functions {
  readonly #runs: ReadonlyMap<string, Run>;
  readonly #pool: FunctionPool;

  private constructor(runs: ReadonlyMap<string, Run>, pool: FunctionPool) {
    this.#runs = runs;
    this.#pool = pool;
  }

  /** Makes ready what the settings name; rejects where a module cannot be read. `directory`: where paths begin. */
  static async open(
    cache: ChunkCache,
    store: CachedStore,
    settings: FunctionSettings,
    directory: string,
  ): Promise<Functions> {
    const pool = new FunctionPool(
      { storage: store.storage, storeId: store.storeId, keyOf: keyOfPath },
      { ...settings, env: environmentOf(settings.environment) },
    );
    const call =
      (name: string, module: string, timeout = settings.timeout): Run =>
      (args, signal) =>
        pool.run({ name, module, args, timeout, signal });
    const runs = new Map<string, Run>([
      ["cache_stats", async () => resultJson(await cacheStats(cache, store))],
      ["cache_item_stats", call("cache_item_stats", ITEM_STATS)],
    ]);
    for (const [name, { module, timeout, expires }] of Object.entries(settings.modules)) {
      if (runs.has(name)) throw new FunctionNameError(name);
      const file = resolve(directory, module);
      const version = await versionOf(name, file);
      const run = call(name, pathToFileURL(file).href, timeout);
      runs.set(name, expires === undefined ? run : kept(cache, name, run, version, expires));
    }
    return new Functions(runs, pool);
  }

  /** The names that can be called, sorted. */
  get names(): readonly string[] {
    return [...this.#runs.keys()].sort();
  }

  /** Calls a function; resolves to its result as JSON. Rejects with `FunctionError`, or with the reason of the signal. */
  async run(name: string, args: FunctionArguments, signal?: AbortSignal): Promise<string> {
    const run = this.#runs.get(name);
    if (run === undefined)
      throw new FunctionError("UnknownFunction", name, `is not there; there are ${this.names.join(", ")}`);
    return run(args, signal);
  }

  /** Ends all calls. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Two functions of one name. */
class FunctionNameError extends Error {
  constructor(name: string) {
    super(`functions.modules.${name}: this name is of a built-in function; choose another.`);
    this.name = "FunctionNameError";
  }
}

/** Keeps results in the cache. Others may wait for the same result, so no client ends the call by leaving. */
function kept(cache: ChunkCache, name: string, run: Run, version: string, expires: number): Run {
  const results: Memo<[FunctionArguments], string> = memo(cache, `function-${name}`, (args) => run(args), {
    version,
    expires,
  });
  return (args) => results(args);
}

/** What tells one version of a module from another. */
async function versionOf(name: string, file: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } catch (cause) {
    throw new Error(`functions.modules.${name}: the module ${file} cannot be read; correct the path.`, {
      cause,
    });
  }
}

function environmentOf(more: readonly string[]): Record<string, string> {
  const names = [...ENVIRONMENT, ...more].filter((name) => process.env[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, process.env[name] as string]));
}

const ITEM_STATS = new URL(
  `./builtin/cache-item-stats${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
).href;

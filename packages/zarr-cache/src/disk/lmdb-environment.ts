import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RootDatabase } from "lmdb";
import type { Timers } from "../clock.ts";
import { CacheFormatError, MissingDependencyError } from "../errors.ts";
import { newEpoch } from "../token.ts";
import { fileNumber, isMarkedDamaged, unmarkDamaged } from "./damage-mark.ts";
import { faultOfDataFile } from "./data-file-check.ts";
import { OWNER_DIRECTORY, OWNER_FILE } from "./directory-marker.ts";
import { guardExit } from "./exit-guard.ts";
import { emptyHead, HEAD_BYTES, HEAD_KEY, packHead } from "./index-head.ts";
import { getJson, type IndexTables, openTables, putJson } from "./index-tables.ts";
import { whileMarked } from "./opening-mark.ts";
import { unusableDirectory } from "./unusable-directory.ts";

/** Version of the layout of the tables. */
export const INDEX_FORMAT = 1;

/** Which life of an index an environment holds. */
export interface IndexLife {
  readonly format: number;
  readonly epoch: string;
  readonly clean: boolean;
}

/** An open environment, shared by all indexes of this process on the same directory. */
export interface LmdbEnvironment {
  readonly tables: IndexTables;
  readonly directory: string;
  readonly dataFile: string;
  /** See `damage-mark.ts`. */
  readonly fileNumber: string;
  users: number;
}

/** Key of {@link IndexLife} in the state table. */
export const LIFE_KEY = "l";

/** Address space, not memory: a map that is large enough from the start is never moved under a reader. */
const MAP_BYTES = 2 ** 36;

const open = new Map<string, Promise<LmdbEnvironment>>();

/** What opening asks of its caller. */
export interface EnvironmentOptions {
  readonly deadline: number;
  readonly timers: Timers;
  readonly mapBytes: number | undefined;
  warn(message: string): void;
}

/** Opens the environment in a directory, or joins those who have it open; a broken one is replaced by an empty one. */
export async function acquireEnvironment(
  directory: string,
  options: EnvironmentOptions,
): Promise<LmdbEnvironment> {
  const path = makeDirectory(directory);
  let opening = open.get(path);
  if (opening === undefined) {
    opening = openAlone(path, options);
    open.set(path, opening);
    opening.catch(() => open.delete(path));
  }
  const environment = await opening;
  if (open.get(path) !== opening) return acquireEnvironment(directory, options);
  environment.users++;
  return environment;
}

/** Leaves an environment; the last one closes it. */
export async function releaseEnvironment(environment: LmdbEnvironment): Promise<void> {
  environment.users--;
  if (environment.users > 0) return;
  for (const [path, opening] of open) if ((await opening) === environment) open.delete(path);
  await environment.tables.root.close();
}

function makeDirectory(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: OWNER_DIRECTORY });
    return realpathSync(directory);
  } catch (error) {
    throw unusableDirectory(directory, error);
  }
}

async function openAlone(path: string, options: EnvironmentOptions): Promise<LmdbEnvironment> {
  await loadLmdb();
  return whileMarked(path, options, () => openOrReplace(path, options));
}

async function openOrReplace(path: string, options: EnvironmentOptions): Promise<LmdbEnvironment> {
  const dataFile = join(path, "data.mdb");
  const fault = isMarkedDamaged(path) ? "a page in its middle is damaged" : faultOfDataFile(dataFile);
  if (fault === undefined) {
    try {
      return await openSound(path, options);
    } catch (error) {
      if (
        error instanceof CacheFormatError ||
        error instanceof MissingDependencyError ||
        !isUnreadable(error)
      )
        throw error;
      replace(path, error.message, options);
    }
  } else replace(path, fault, options);
  return openSound(path, options);
}

/** Moves a broken index out of the way and deletes it: kept, it would count against the budget and help nobody. */
function replace(path: string, fault: string, { warn }: EnvironmentOptions): void {
  const aside = `corrupt-${Date.now()}`;
  for (const name of ["data.mdb", "lock.mdb"])
    if (existsSync(join(path, name))) renameSync(join(path, name), join(path, `${name}.${aside}`));
  for (const name of readdirSync(path))
    if (/\.corrupt-\d+$/.test(name)) rmSync(join(path, name), { force: true });
  unmarkDamaged(path);
  warn(
    `The cache index in "${path}" could not be read (${fault}); it begins anew, and what was cached is fetched again.`,
  );
}

async function openSound(path: string, { mapBytes }: EnvironmentOptions): Promise<LmdbEnvironment> {
  const { open: openRoot } = await loadLmdb();
  const settings = {
    path,
    noSubdir: false,
    maxDbs: 8,
    encoding: "binary",
    overlappingSync: process.platform !== "win32",
    separateFlushed: true,
    permissionsMode: OWNER_FILE,
  } as const;
  const mapSize = mapBytes ?? (process.platform === "win32" ? undefined : MAP_BYTES);
  let root: ReturnType<typeof openRoot<Buffer, string>>;
  try {
    root = openRoot<Buffer, string>(mapSize === undefined ? settings : { ...settings, mapSize });
  } catch (error) {
    // Where address space is limited, the map has to grow with the file.
    if (mapSize === undefined || isUnreadable(error)) throw error;
    root = openRoot<Buffer, string>(settings);
  }
  heedBatches(root);
  try {
    const tables = openTables(root);
    for (const name of ["data.mdb", "lock.mdb"]) chmodSync(join(path, name), OWNER_FILE);
    const life = getJson<IndexLife>(tables.state, LIFE_KEY);
    if (life !== undefined && life.format > INDEX_FORMAT)
      throw new CacheFormatError(path, life.format, INDEX_FORMAT);
    if (life === undefined) await begin(tables);
    else if (
      !/^[0-9a-f]{16}$/.test(life.epoch) ||
      tables.state.getBinaryFast(HEAD_KEY)?.length !== HEAD_BYTES
    )
      throw new UnreadableIndexError("its first record makes no sense");
    return {
      tables,
      directory: path,
      dataFile: join(path, "data.mdb"),
      fileNumber: fileNumber(path),
      users: 0,
    };
  } catch (error) {
    await root.close();
    throw error;
  }
}

/**
 * lmdb makes a promise for each batch of transactions that it gives to nobody; rejected unheeded, as when the disk is
 * full, it would end the process. It is made right after this event, and can be seen until the next batch begins.
 */
function heedBatches(root: RootDatabase<Buffer, string>): void {
  const ignore = () => {};
  root.on("beforecommit", () => queueMicrotask(() => void root.committed.then(ignore, ignore)));
}

/** Writes the first records; of several processes that begin at once, one does. */
async function begin({ root, state }: IndexTables): Promise<void> {
  const beginning = root.transaction(() => {
    if (state.doesExist(LIFE_KEY)) return;
    putJson(state, LIFE_KEY, { format: INDEX_FORMAT, epoch: newEpoch(), clean: false } satisfies IndexLife);
    void state.put(HEAD_KEY, packHead(emptyHead()));
  });
  guardExit(beginning);
  await beginning;
}

class UnreadableIndexError extends Error {}

/** Errors by which LMDB says that a file is not, or no longer, one of its own. */
function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof UnreadableIndexError ||
    error instanceof SyntaxError ||
    (error instanceof Error &&
      /MDB_(?:CORRUPTED|INVALID|PAGE_NOTFOUND|PANIC|VERSION_MISMATCH|BAD_TXN|INCOMPATIBLE|CURSOR_FULL)|not an? (?:LMDB|lmdb)/.test(
        error.message,
      ))
  );
}

async function loadLmdb(): Promise<typeof import("lmdb")> {
  try {
    return await import("lmdb");
  } catch (error) {
    throw new MissingDependencyError("lmdb", "An index on disk", { cause: error });
  }
}

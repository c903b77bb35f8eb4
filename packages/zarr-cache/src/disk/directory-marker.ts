import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CacheDirectoryError, CacheFormatError } from "../errors.ts";

/** Name of the file that marks a directory as this cache's own. */
export const MARKER = ".zarr-cache";

/** Version of the layout of files on disk. */
export const DISK_FORMAT = 1;

/** Permissions: nobody but the owner looks into a cache. */
export const OWNER_DIRECTORY = 0o700;
export const OWNER_FILE = 0o600;

/**
 * Reads the format of a marked directory; `undefined` without a marker.
 * Throws {@link CacheFormatError} for a newer format, {@link CacheDirectoryError} for a marker that says nothing.
 */
export async function readMarker(directory: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, MARKER), "utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  const format = formatOf(text);
  if (format === undefined)
    throw new CacheDirectoryError(
      directory,
      `has a file ${MARKER} that is not a zarr-cache marker; remove it or choose another directory`,
    );
  if (format > DISK_FORMAT) throw new CacheFormatError(directory, format, DISK_FORMAT);
  return format;
}

/** Creates a directory, with those above it, and marks it. Does nothing where a marker is. */
export async function markDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: OWNER_DIRECTORY });
  if ((await readMarker(directory)) !== undefined) return;
  const draft = join(directory, `${MARKER}.${process.pid}.${Math.random().toString(36).slice(2)}`);
  try {
    await writeFile(draft, `${JSON.stringify({ format: DISK_FORMAT })}\n`, { mode: OWNER_FILE, flag: "wx" });
    await rename(draft, join(directory, MARKER));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Creates and marks a directory; throws {@link CacheDirectoryError} when it holds what somebody else put there. */
export async function ownDirectory(directory: string): Promise<void> {
  if ((await readMarker(directory)) === undefined && (await holdsForeignFiles(directory)))
    throw new CacheDirectoryError(
      directory,
      "holds files that are not from zarr-cache; move them away or choose another directory or store id",
    );
  await markDirectory(directory);
}

/** Whether an error says that there is no such file or directory. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function holdsForeignFiles(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).some((name) => !name.startsWith(MARKER));
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function formatOf(text: string): number | undefined {
  try {
    const { format } = JSON.parse(text) as { format?: unknown };
    return typeof format === "number" && Number.isSafeInteger(format) && format > 0 ? format : undefined;
  } catch {
    return undefined;
  }
}

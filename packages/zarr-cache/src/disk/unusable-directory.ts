import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { CacheDirectoryError, isZarrCacheError, type ZarrCacheError } from "../errors.ts";

/** The error for a directory that cannot be made or used, with what to do. An error that says so already is kept. */
export function unusableDirectory(directory: string, error: unknown): ZarrCacheError {
  if (isZarrCacheError(error)) return error;
  return new CacheDirectoryError(directory, `cannot be used: ${reasonOf(directory, error)}`, {
    cause: error,
  });
}

function reasonOf(directory: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EEXIST" || code === "ENOTDIR")
    return "it, or something above it, is a file; remove the file or choose another directory";
  if (code === "EACCES" || code === "EPERM")
    return "permission is denied; change its owner or mode, or choose another directory";
  if (code === "EROFS") return "the file system is read-only; choose another directory";
  // What Node answers, instead of EROFS, when it makes several directories at once.
  if (code === "ENOENT")
    return `read-only or missing: no directory can be made in "${nearestExisting(directory)}"; mount it to be written to, or choose another directory`;
  if (code === "ENOSPC") return "the disk is full; free some space or choose another disk";
  return error instanceof Error ? error.message : String(error);
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

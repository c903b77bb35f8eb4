import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { dataDirectory } from "../frame/data-directory.ts";
import type { Trace } from "./trace.ts";
import { formatOf } from "./trace-format.ts";

/**
 * Reads every trace in the directory `traces` of the data directory, in the order of their names.
 * Traces belong to those who recorded them: they are read where they lie and never copied.
 * Returns none where there is no such directory.
 */
export function readTraces(): readonly Trace[] {
  const directory = join(dataDirectory(), "traces");
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .sort()
    .flatMap((file) => {
      const format = formatOf(file);
      return format === undefined ? [] : [format(shortName(file), decompress(join(directory, file)))];
    });
}

/** `tencentBlock.ns1326.csv.xz` is called `tencentBlock.ns1326`. */
function shortName(file: string): string {
  return file.replace(/(\.oracleGeneral\.bin|\.csv|\.trace)\.xz$/, "");
}

/** Node 20 has no xz of its own. */
const UNPACK = "xz";

function decompress(path: string): Buffer {
  try {
    return execFileSync(UNPACK, ["--decompress", "--stdout", path], { maxBuffer: 2 ** 30 });
  } catch (cause) {
    throw new Error(`Cannot unpack ${path}: is the command ${UNPACK} there (Debian: xz-utils)?`, { cause });
  }
}

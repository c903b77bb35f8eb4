import { parseArgs } from "node:util";
import { MemoryStoreIndex } from "zarr-cache";

/** What was asked on the command line. */
export interface Arguments {
  readonly help: boolean;
  /** A Zarr URL of the user's own; without it the demo's data are read. */
  readonly url: URL | undefined;
  readonly array: string | undefined;
  readonly cache: string | undefined;
  readonly maxBytes: string;
}

/** The command line cannot be understood; the message is one line. */
export class UsageError extends Error {}

export const HELP = `Reads Zarr arrays from a distant server: directly, then through zarr-cache, and compares time and values.

  pnpm demo                       with small real data sets and a server of its own, 80 ms away
  pnpm demo <url> [array]         with your Zarr store: a few dozen chunks of one array

  --cache <directory>             cache there and keep it; default: a temporary directory, removed at the end
  --max-bytes <size>              budget of the cache, such as "500 MB"; default: 1 GB
  --help                          this text

Without an array the largest of those that the consolidated metadata list is read.
The first row reads everything without a cache and is what the others are compared with, in speed and in values.

Exit codes: 0 all values equal; 1 they differ, or the source cannot be read; 2 the command line is wrong.

Examples:
  pnpm demo --cache ./chunks      run it twice: the second time the cache is warm from the start
  pnpm demo https://example.org/era5.zarr t2m --max-bytes "200 MB"`;

/** Reads the command line; throws {@link UsageError}. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const [url, array, ...surplus] = positionals;
  if (surplus.length > 0) throw new UsageError(`Too many arguments: ${surplus.join(" ")}`);
  return {
    help: values.help ?? false,
    url: url === undefined ? undefined : parseUrl(url),
    array,
    cache: values.cache,
    maxBytes: parseSize(values["max-bytes"] ?? "1 GB"),
  };
}

/** Refuses now what the cache would refuse after the first row. */
function parseSize(maxBytes: string): string {
  try {
    new MemoryStoreIndex({ maxBytes });
    return maxBytes;
  } catch {
    throw new UsageError(`--max-bytes "${maxBytes}" is not a size such as "500 MB"`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        cache: { type: "string" },
        "max-bytes": { type: "string" },
      },
    });
  } catch (error) {
    // Node's own message goes on with advice for programmers after the first sentence.
    const message = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new UsageError(message);
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new UsageError(`"${text}" is not an http or https URL of a Zarr store`);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

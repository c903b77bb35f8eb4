import { CommanderError } from "commander";
import { isZarrCacheError } from "zarr-cache";
import { ConfigError } from "../config/config-error.ts";
import { CommandError } from "./command-error.ts";

/** What a failed command says, and the code it ends with: 1 = failed, 2 = not asked rightly. */
export interface Explanation {
  readonly message: string | undefined;
  readonly exitCode: number;
}

/** Says in a line what went wrong, and what to do; what nobody expected keeps its stack. */
export function explain(error: unknown): Explanation {
  // Commander has said it already; help and version are no failure.
  if (error instanceof CommanderError) return { message: undefined, exitCode: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof CommandError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof ConfigError) return { message: error.message, exitCode: 2 };
  if (isZarrCacheError(error, "InvalidOptionError")) return { message: error.message, exitCode: 2 };
  if (isZarrCacheError(error)) return { message: error.message, exitCode: 1 };
  // Of packages that are installed where they are used.
  if (error instanceof Error && "tag" in error && error.tag === error.name)
    return { message: error.message, exitCode: 1 };
  if (!(error instanceof Error)) return { message: String(error), exitCode: 1 };
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === "EADDRINUSE")
    return {
      message: `Somebody listens at ${address}:${port} already; choose another with --listen.`,
      exitCode: 1,
    };
  if (code === "EACCES" && port !== undefined)
    return { message: `Listening at port ${port} needs more rights; choose one above 1023.`, exitCode: 1 };
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return {
      message: `This machine has no address ${address ?? ""}; choose another with --listen.`,
      exitCode: 1,
    };
  return { message: error.stack ?? error.message, exitCode: 1 };
}

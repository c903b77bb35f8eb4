import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/config-schema.ts";

/** What a server is started with once and for all. */
const FIXED: Readonly<Record<string, (config: Config) => string | number>> = {
  listen: ({ listen }) => listen,
  workers: ({ workers }) => workers,
  logLevel: ({ logLevel }) => logLevel,
  "limits.maxHeaderBytes": ({ limits }) => limits.maxHeaderBytes,
};

/**
 * Refuses a configuration that a running server cannot go over to. Above all its address: who may reach it, and so whether
 * it needs tokens, would be judged by another one than it listens at.
 */
export function assertReloadable(running: Config, next: Config): void {
  const changed = Object.entries(FIXED).filter(([, of]) => of(running) !== of(next));
  if (changed.length === 0) return;
  throw new ConfigError(
    "The configuration",
    changed.map(([name, of]) => `${name}: stays ${of(running)} until the server is started again`),
  );
}

import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/config-schema.ts";
import { isLoopback, parseListen } from "./listen-address.ts";

/** Throws where others could reach a server that asks nobody for a token, unless that is wanted. */
export function assertGuarded({ listen, tokens, allowPublic }: Config): void {
  const { host } = parseListen(listen);
  if (isLoopback(host) || tokens.length > 0 || allowPublic) return;
  throw new ConfigError("listen", [
    `others can reach ${listen}, and there is no token: set ZARR_CACHE_TOKEN or \`tokens\`, or say --allow-public`,
  ]);
}

import type { Config } from "../config/config-schema.ts";

/**
 * Names the tiers that several processes share: a bucket with its index. `undefined` for tiers of one process, and for a
 * directory. An index that is reached on the machine itself is that of this machine alone.
 */
export function sharedTiersOf(
  { location, index, namespace, s3 }: Pick<Config["cache"], "location" | "index" | "namespace" | "s3">,
  machine: string,
): string | undefined {
  if (index === undefined || !location.startsWith("s3://")) return undefined;
  const { protocol, host, hostname, pathname, search } = new URL(index);
  const isLocal = host === "" || hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
  const at = isLocal ? machine : null;
  return JSON.stringify([
    location,
    s3?.endpoint ?? null,
    protocol,
    host,
    pathname,
    search,
    namespace ?? null,
    at,
  ]);
}

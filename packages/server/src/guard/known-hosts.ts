import { isLoopback } from "../node/listen-address.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * The names that a server may be asked under; `undefined` for any. A server that only this machine can reach is known by
 * no other name, so that a page whose name is made to stand for this machine gets nothing (DNS rebinding).
 */
export function knownHosts(listenHost: string, hosts: readonly string[]): ReadonlySet<string> | undefined {
  const own = listenHost.includes(":") ? `[${listenHost}]` : listenHost;
  if (hosts.length === 0 && !isLoopback(listenHost)) return undefined;
  return new Set([...LOOPBACK, own, ...hosts].map((host) => host.toLowerCase()));
}

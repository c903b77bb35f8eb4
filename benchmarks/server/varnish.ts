import { type Peer, startPeer } from "./peer.ts";

/** Starts Debian's Varnish with its cache in memory. */
export function startVarnish(directory: string, originPort: number): Promise<Peer> {
  return startPeer(directory, "/usr/sbin/varnishd", (port) => [
    ...["-n", directory, "-F", "-j", "none"],
    ...["-a", `127.0.0.1:${port}`, "-b", `127.0.0.1:${originPort}`, "-s", "malloc,512m"],
  ]);
}

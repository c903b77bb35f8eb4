import type { Finding } from "../frame/benchmark.ts";
import { interleave } from "../frame/rounds.ts";
import { ratioOf, spreadOf } from "../frame/spread.ts";
import { withTemporaryDirectory } from "../frame/temporary-directory.ts";
import { startBare } from "./bare.ts";
import { startNginxCache } from "./nginx.ts";
import { startOurs } from "./ours.ts";
import type { Peer } from "./peer.ts";
import { valuePath } from "./values-origin.ts";
import { startVarnish } from "./varnish.ts";
import { wrk } from "./wrk.ts";

/** How hits are measured. */
export interface HitSetting {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: readonly number[];
  progress(line: string): void;
}

const SIZES = [
  { bytes: 100_000, name: "100 KB", beside: { bare: 0.9, nginx: 0.6 } },
  { bytes: 1_000_000, name: "1 MB", beside: { bare: 0.9, nginx: 1.2 } },
] as const;

/** Answers a second from one process of each server. */
export async function hitsOfOneProcess(originPort: number, setting: HitSetting): Promise<Finding[]> {
  return withPeers(
    {
      ours: (directory) => startOurs(directory, originPort),
      bare: () => startBare(),
      nginx: (directory) => startNginxCache(directory, originPort, 1),
      varnish: (directory) => startVarnish(directory, originPort),
    },
    (peers) => measure(peers, setting, "", 1),
  );
}

/** Answers a second from two processes of ours and of nginx. */
export async function hitsOfTwoProcesses(originPort: number, setting: HitSetting): Promise<Finding[]> {
  return withPeers(
    {
      ours: (directory) => startOurs(directory, originPort, { workers: 2 }),
      nginx: (directory) => startNginxCache(directory, originPort, 2),
    },
    (peers) => measure(peers, setting, ", two processes", 2),
  );
}

async function measure(
  peers: Readonly<Record<string, Peer>>,
  { rounds, seconds, connections, progress }: HitSetting,
  title: string,
  threads: number,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { bytes, name, beside } of SIZES)
    for (const count of connections) {
      const what = `hit of ${name}, ${count} ${count === 1 ? "connection" : "connections"}${title}`;
      const sides = Object.entries(peers).map(([side, { url }]) => [
        side,
        async () => (await wrk(url + valuePath(bytes, "hot"), count, seconds, { threads })).requestsPerSecond,
      ]);
      const measured: Record<string, number[]> = await interleave(rounds, Object.fromEntries(sides));
      const ours = measured["ours"] ?? [];
      for (const [side, theirs] of Object.entries(measured)) {
        if (side === "ours") continue;
        const limit = beside[side as keyof typeof beside];
        findings.push({
          what,
          ours: { spread: spreadOf(ours), unit: "/s" },
          beside: { who: side, spread: spreadOf(theirs), unit: "/s" },
          figure: { spread: ratioOf(ours, theirs), unit: "×" },
          ...(limit !== undefined && { target: { limit, better: "higher" } }),
        });
      }
      progress(
        `${what}: ${Object.entries(measured)
          .map(([side, rates]) => `${side} ${Math.round(spreadOf(rates).median)}`)
          .join(", ")}`,
      );
    }
  return findings;
}

/** Starts all, each in a directory of its own, and ends them whatever happens. */
async function withPeers<T>(
  starts: Readonly<Record<string, (directory: string) => Promise<Peer>>>,
  work: (peers: Readonly<Record<string, Peer>>) => Promise<T>,
): Promise<T> {
  const [first, ...rest] = Object.entries(starts);
  if (first === undefined) return work({});
  const [name, start] = first;
  return withTemporaryDirectory(async (directory) => {
    const peer = await start(directory);
    try {
      return await withPeers(Object.fromEntries(rest), (others) => work({ [name]: peer, ...others }));
    } finally {
      await peer.stop();
    }
  });
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What wrk measured. */
export interface Load {
  readonly requestsPerSecond: number;
  /** The 99th percentile of the time of an answer, in milliseconds. */
  readonly p99: number;
}

const UNITS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1000, m: 60_000 };

/** Asks for one URL again and again over so many connections, with Debian's wrk. Throws where an answer is no success. */
export async function wrk(
  url: string,
  connections: number,
  seconds: number,
  options: { readonly threads?: number; readonly script?: string } = {},
): Promise<Load> {
  const { threads = 1, script } = options;
  const { stdout } = await promisify(execFile)("wrk", [
    ...["--threads", String(Math.min(threads, connections)), "--connections", String(connections)],
    ...[
      "--duration",
      `${seconds}s`,
      "--timeout",
      "30s",
      "--latency",
      ...(script === undefined ? [] : ["--script", script]),
      url,
    ],
  ]);
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? [];
  const [, tail, unit = ""] = /99%\s+([\d.]+)(us|ms|s|m)/.exec(stdout) ?? [];
  if (rate === undefined || tail === undefined || /Non-2xx|Socket errors/.test(stdout))
    throw new Error(`wrk on ${url}:\n${stdout}`);
  return { requestsPerSecond: Number(rate), p99: Number(tail) * (UNITS[unit] ?? Number.NaN) };
}

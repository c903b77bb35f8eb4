import pino from "pino";
import type { Log } from "../log.ts";

/** Headers and fields that are never written, wherever they stand. */
const SECRET = [
  "authorization",
  "cookie",
  "password",
  "secret",
  "token",
  "headers.authorization",
  "*.authorization",
  "*.password",
  "*.token",
];

/** Writes lines of JSON to standard error, since standard output is for what a command answers. */
export function serverLog(level: string): Log {
  return pino(
    { level, base: { pid: process.pid }, redact: { paths: SECRET, censor: "(not shown)" } },
    pino.destination({ dest: 2, sync: true }),
  );
}

import { createReadStream } from "node:fs";
import type { CacheFunction } from "../../../src/functions/cached-items.ts";

/** Does whatever harm its arguments name. */
const misbehave: CacheFunction = async (_, { how, marker }) => {
  switch (how) {
    case "hang":
      for (;;);
    case "wait":
      return new Promise(() => setInterval(() => {}, 1000));
    case "exit":
      return process.exit(0);
    case "kill":
      return process.kill(process.pid, "SIGKILL");
    case "abort":
      return process.abort();
    case "throw":
      throw new RangeError("it is too far");
    case "refuse":
      throw Object.assign(new Error("no such month"), { status: 422 });
    case "reject-behind":
      void Promise.reject(new Error("nobody listens"));
      return "done";
    case "throw-later":
      setTimeout(() => {
        throw new Error("long after");
      }, 50);
      return "done";
    case "eat-heap":
    case "eat-buffers": {
      const eaten: unknown[] = [];
      for (;;) eaten.push(how === "eat-heap" ? new Array(1e6).fill(marker) : Buffer.alloc(16e6, 1));
    }
    case "hold-memory":
      (globalThis as { held?: unknown }).held = Buffer.alloc(120e6, 1);
      return process.pid;
    case "pid":
      return process.pid;
    case "read-file":
      for await (const _ of createReadStream(import.meta.filename));
      return process.pid;
    case "large":
      return "x".repeat(3_000_000);
    case "environment":
      return { ...process.env };
    default:
      return { how, marker };
  }
};
export default misbehave;

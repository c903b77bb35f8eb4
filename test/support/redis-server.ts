import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { ensureDebianPackages } from "./debian-package.ts";
import { freePorts } from "./free-port.ts";
import { killWithUs } from "./kill-with-us.ts";
import { noticeOnce } from "./notice-once.ts";

/** A Redis server of a test. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly directory: string;
  readonly pid: number;
  /** A plain client, for looking and meddling. */
  readonly admin: Redis;
  /** Kills it without a word and starts it anew at the same port, on what it left in its directory. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  /** Stops and continues the process. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  stop(): Promise<void>;
}

/**
 * Whether servers can be started here, and stopped, broken and restarted; says so once in a run where not. Under `CI` that
 * is a failure. A test that only wants a Redis to be there asks `hasRedis`.
 */
export async function hasRedisServer(skipped = "tests"): Promise<boolean> {
  const isThere = isInstalled() || (await ensureDebianPackages("redis-server", "redis-tools"));
  if (isThere) return true;
  const notice = "redis-server is not installed, and cannot be installed without questions";
  if (process.env["CI"]) throw new Error(`${notice}; ${skipped} with it may not be skipped under CI.`);
  const instead = "apt-get install redis-server, or for those that need not break it REDIS_URL";
  noticeOnce("redis", `${notice}: ${skipped} with it are skipped. (${instead})`);
  return false;
}

function isInstalled(): boolean {
  return ["redis-server", "redis-cli"].every(
    (program) => spawnSync(program, ["--version"]).error === undefined,
  );
}

/** Starts a server on a free port of the loopback, without persistence unless the arguments say otherwise. */
export async function startRedisServer(...args: readonly string[]): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), "redis-"));
  const [port = 0] = await freePorts(1);
  let run = await launch(port, directory, args);
  const admin = new Redis(port, "127.0.0.1", { lazyConnect: true, maxRetriesPerRequest: null, protocol: 2 });
  admin.on("error", () => {});
  const kill = async () => {
    const { process: child, release } = run;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    release();
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    directory,
    admin,
    get pid() {
      return run.process.pid as number;
    },
    kill,
    async restart() {
      await kill();
      run = await launch(port, directory, args);
    },
    signal: (signal) => void run.process.kill(signal),
    async stop() {
      admin.disconnect();
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function launch(port: number, directory: string, args: readonly string[]) {
  const basics = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const child = spawn("redis-server", [...basics, "--save", "", "--appendonly", "no", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const release = killWithUs(child.pid as number, directory);
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (/Ready to accept connections/.test(log)) resolve();
    });
    child.once("exit", () => {
      release();
      reject(new Error(`redis-server ended:\n${log.slice(-2000)}`));
    });
    child.once("error", reject);
  });
  return { process: child, release };
}

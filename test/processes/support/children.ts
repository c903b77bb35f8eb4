import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, onTestFinished } from "vitest";
import { killWithUs } from "../../support/kill-with-us.ts";
import { type Callable, connect, type Peer } from "./calls.ts";
import { until } from "./until.ts";

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that a test started. It ends with the test at the latest, and when the test run is interrupted. */
export interface Child<Theirs extends Callable<Theirs>> extends Peer<Theirs> {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  kill(): Promise<Ending>;
  /** Stops it where it stands, as `SIGSTOP` does, and waits until it stands. */
  stop(): Promise<void>;
  /** Resolves when it has stopped itself. */
  stopped(): Promise<void>;
  /** Lets it go on. */
  resume(): void;
}

/** Bundles by program. */
const programs = new Map<string, Promise<string>>();
const directories: string[] = [];
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/**
 * Starts a program, named by its path from this folder, which answers calls once it is ready, and serves its calls with `mine`.
 * Programs are bundled once, so that starting one takes a tenth of a second.
 */
export async function startChild<Theirs extends Callable<Theirs>>(
  program: string,
  mine: Readonly<Record<string, unknown>>,
): Promise<Child<Theirs>> {
  let bundled = programs.get(program);
  if (bundled === undefined) {
    bundled = bundle(program);
    programs.set(program, bundled);
  }
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  const child = fork(await bundled, { serialization: "advanced", execArgv: [], env });
  running.add(child);
  const ended = once(child, "exit").then(([code, signal]): Ending => {
    running.delete(child);
    return { code, signal };
  });
  const kill = () => {
    child.kill("SIGKILL");
    return ended;
  };
  onTestFinished(async () => void (await kill()));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  await once(child, "message");
  const { call } = connect<Theirs>(child, mine);
  let isGuarded = false;
  const guard = () => {
    // A process that stands still does not notice that its parent has ended; somebody else has to.
    if (!isGuarded) onTestFinished(killWithUs(pid));
    isGuarded = true;
  };
  return {
    call,
    pid,
    ended,
    kill,
    async stop() {
      guard();
      child.kill("SIGSTOP");
      await until(() => isStopped(pid));
    },
    async stopped() {
      guard();
      await until(() => isStopped(pid));
    },
    resume: () => void child.kill("SIGCONT"),
  };
}

/** Whether a process stands still, by what Linux tells of it. */
function isStopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}

async function bundle(program: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "zarr-cache-program-"));
  directories.push(directory);
  const outfile = join(directory, basename(program).replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    conditions: ["@zarr-cache/source"],
    // For packages that are CommonJS inside.
    banner: {
      js: `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);`,
    },
    plugins: [
      {
        name: "lmdb-stays-where-it-is",
        setup({ onResolve }) {
          onResolve({ filter: /^lmdb$/ }, ({ importer }) => ({
            path: pathToFileURL(createRequire(importer).resolve("lmdb")).href,
            external: true,
          }));
        },
      },
    ],
    outfile,
  });
  return outfile;
}

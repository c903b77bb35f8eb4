import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Installs unless all are there already; two workers that ask at once take turns. Services are not started. */
const INSTALL = `
missing() { for name; do dpkg-query -W -f '\${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || return 0; done; return 1; }
missing "$@" || exit 0
exec 9>"$LOCK"
flock 9
missing "$@" || exit 0
{ apt-get update && apt-get install -y --no-install-recommends "$@"; } >/dev/null
`;

const installed = new Map<string, Promise<boolean>>();

/**
 * Makes sure that Debian packages are installed, for tests that need a real server. False where that is not possible:
 * another system, no right to install, no network.
 */
export function ensureDebianPackages(...names: string[]): Promise<boolean> {
  const key = names.join(" ");
  let answer = installed.get(key);
  if (answer === undefined) {
    answer = install(names);
    installed.set(key, answer);
  }
  return answer;
}

async function install(names: readonly string[]): Promise<boolean> {
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: "noninteractive",
    RUNLEVEL: "1",
    LOCK: join(tmpdir(), "zarr-cache-apt.lock"),
  };
  try {
    await run("sh", ["-c", INSTALL, "sh", ...names], { env, maxBuffer: 2 ** 24 });
    return true;
  } catch {
    return false;
  }
}

import { existsSync, readFileSync, realpathSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CacheDirectoryError } from "../errors.ts";

/** What is asked to tell a network file system from a local one; a test gives its own. */
export interface FileSystemFacts {
  /** Magic number of the file system that holds a path, as `statfs(2)` tells it. */
  type(path: string): number;
  /** Text of `/proc/self/mounts`; empty where there is none. */
  mounts(): string;
}

/** Magic numbers of `statfs(2)`: memory maps and locks of these do not reach other machines. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "nfs"],
  [0xff534d42, "cifs"],
  [0xfe534d42, "smb2"],
  [0x517b, "smb"],
  [0x01021997, "9p"],
  [0x0bd00bd0, "lustre"],
  [0x00c36400, "ceph"],
  [0x47504653, "gpfs"],
  [0x5346414f, "afs"],
  [0x6b414653, "afs"],
  [0x7461636f, "ocfs2"],
  [0x01161970, "gfs2"],
  [0x19830326, "beegfs"],
]);

const NETWORK_MOUNT =
  /^(?:nfs\d?|cifs|smb\w*|9p|lustre|ceph|gpfs|afs|ocfs2|gfs2|beegfs|glusterfs|fuse\.(?:sshfs|glusterfs|ceph\S*|s3fs|rclone|gcsfuse|davfs\S*|juicefs|mount-s3))$/;

/** The file systems of this machine. */
export const machineFileSystems: FileSystemFacts = {
  type: (path) => statfsSync(path).type,
  mounts: () => (existsSync("/proc/self/mounts") ? readFileSync("/proc/self/mounts", "utf8") : ""),
};

/** Throws {@link CacheDirectoryError} when a directory, there or yet to be made, lies on a network file system. */
export function assertLocalFileSystem(directory: string, facts: FileSystemFacts = machineFileSystems): void {
  const existing = nearestExisting(resolve(directory));
  const kind = NETWORK_TYPES.get(facts.type(existing) >>> 0) ?? networkMountOf(existing, facts.mounts());
  if (kind !== undefined)
    throw new CacheDirectoryError(
      directory,
      `lies on a network file system (${kind}), where an index shared by processes breaks; ` +
        "choose a local directory such as a scratch disk of this machine",
    );
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? realpathSync(path) : nearestExisting(dirname(path));
}

function networkMountOf(path: string, mounts: string): string | undefined {
  let longest = "";
  let kind = "";
  for (const line of mounts.split("\n")) {
    const [, escaped = "", type = ""] = line.split(" ");
    const mount = escaped.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const covers = mount === "/" || path === mount || path.startsWith(`${mount}/`);
    if (mount === "" || !covers || mount.length < longest.length) continue;
    longest = mount;
    kind = type;
  }
  return NETWORK_MOUNT.test(kind) ? kind : undefined;
}

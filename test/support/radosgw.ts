import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { ensureDebianPackages } from "./debian-package.ts";
import { directoryOfRun } from "./directory-of-run.ts";
import { freePorts } from "./free-port.ts";
import type { S3Server } from "./s3-server.ts";
import { startTethered, type TetheredProcess } from "./tethered-process.ts";

const PACKAGES = ["ceph-mon", "ceph-osd", "radosgw", "ceph-common"];
const USER = { accessKeyId: "tester", secretAccessKey: "not-much-of-a-secret" };
const run = promisify(execFile);

/**
 * Starts a Ceph Object Gateway: one monitor, one daemon that keeps objects in memory, and the gateway, all on the
 * loopback and without authentication among each other. `undefined` where Ceph cannot be installed.
 */
export async function startRadosgw(): Promise<S3Server | undefined> {
  if (!(await ensureDebianPackages(...PACKAGES))) return undefined;
  const { path: directory, remove } = directoryOfRun("zarr-cache-ceph-");
  for (const name of ["mon", "osd", "rgw", "run"]) await mkdir(join(directory, name));
  const [port = 0, v2 = 0, v1 = 0] = await freePorts(3);
  const fsid = randomUUID();
  const monitor = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`;
  await writeFile(join(directory, "ceph.conf"), configuration(directory, fsid, monitor, port));
  const where = { cwd: directory, env: { ...process.env, CEPH_CONF: join(directory, "ceph.conf") } };
  const daemons: TetheredProcess[] = [];
  const start = (command: string, ...args: string[]) => daemons.push(startTethered(command, args, where));
  // None of them goes on for long when this process is killed.
  const ask = (...command: string[]) => run("timeout", ["60", ...command], where);
  const stop = async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    remove();
  };
  try {
    await ask("monmaptool", "--create", "--clobber", "--addv", "a", monitor, "--fsid", fsid, "monmap");
    await ask("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap");
    start("ceph-mon", "-i", "a", "-f");
    await until(() => run("timeout", ["5", "ceph", "-s"], where));
    await ask("ceph", "osd", "create");
    await ask("ceph-osd", "-i", "0", "--mkfs");
    start("ceph-osd", "-i", "0", "-f");
    const user = ["--uid=tester", "--display-name=tester", `--access-key=${USER.accessKeyId}`];
    const secret = `--secret=${USER.secretAccessKey}`;
    await ask("radosgw-admin", "-n", "client.rgw.x", "user", "create", ...user, secret);
    start("radosgw", "-n", "client.rgw.x", "-f");
    await until(() => reach(port));
  } catch (error) {
    const output = daemons.map((daemon) => daemon.output).join("\n");
    await stop();
    throw new Error(`radosgw did not start: ${output}`, { cause: error });
  }
  return { endpoint: `http://127.0.0.1:${port}`, credentials: USER, stop };
}

function configuration(directory: string, fsid: string, monitor: string, port: number): string {
  return `[global]
fsid = ${fsid}
mon_initial_members = a
mon_host = ${monitor}
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
public_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
ms_bind_ipv6 = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
osd_objectstore = memstore
memstore_device_bytes = 4294967296
run_dir = ${directory}/run
admin_socket = ${directory}/run/$cluster-$name.asok
log_file = /dev/null
mon_cluster_log_file = /dev/null
keyring = ${directory}/keyring
mon_data = ${directory}/mon
osd_data = ${directory}/osd
[client.rgw.x]
rgw_data = ${directory}/rgw
rgw_frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw_enable_usage_log = false
`;
}

/** Tries until it works, for half a minute. */
async function until(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries >= 300) throw error;
      await pause(100);
    }
  }
}

function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

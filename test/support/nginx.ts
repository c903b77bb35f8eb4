import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { ensureDebianPackages } from "./debian-package.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Serves a directory with Debian's nginx from a free port until the test has ended; undefined where it cannot be had. */
export async function startNginx(directory: string, settings = ""): Promise<string | undefined> {
  if (!(await ensureDebianPackages("nginx-light"))) return undefined;
  const home = await temporaryDirectory();
  const port = await freePort();
  const file = join(home, "nginx.conf");
  await writeFile(file, configuration(home, directory, port, settings));
  const server = spawn("/usr/sbin/nginx", ["-p", home, "-c", file], { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  server.stderr.on("data", (text: Buffer) => {
    complaints += String(text);
  });
  const ended = once(server, "exit");
  onTestFinished(async () => {
    server.kill("SIGTERM");
    await ended;
  });
  for (let trial = 0; !(await answers(port)); trial++) {
    if (trial > 200 || server.exitCode !== null) throw new Error(`nginx did not start: ${complaints}`);
    await sleep(25);
  }
  return `http://127.0.0.1:${port}`;
}

function configuration(home: string, directory: string, port: number, settings: string): string {
  // Else nginx reads files as nobody, who may not read what a test has made.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `${user} daemon off; worker_processes 1; pid ${home}/pid; error_log stderr error;
events { worker_connections 256; }
http {
  access_log off; tcp_nopush off; default_type application/octet-stream;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  types { application/json json; }
  server { listen 127.0.0.1:${port}; root ${directory}; ${settings} }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, startPeer } from "./peer.ts";

/** Starts Debian's nginx with `proxy_cache`, in one worker process or several. `tcp_nopush` would cost 43 ms a hit at the loopback. */
export function startNginxCache(directory: string, originPort: number, workers: number): Promise<Peer> {
  return startPeer(directory, "/usr/sbin/nginx", async (port) => {
    const file = join(directory, "nginx.conf");
    await writeFile(file, configuration(directory, port, originPort, workers));
    return ["-p", directory, "-c", file];
  });
}

const configuration = (home: string, port: number, originPort: number, workers: number) =>
  `
${process.getuid?.() === 0 ? "user root;" : ""} daemon off; master_process off; worker_processes ${workers};
pid ${home}/pid; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush off; keepalive_requests 1000000000;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  proxy_cache_path ${home}/cache keys_zone=values:10m max_size=1g;
  open_file_cache max=1000;
  server {
    listen 127.0.0.1:${port}${workers > 1 ? " reuseport" : ""};
    location / { proxy_pass http://127.0.0.1:${originPort}; proxy_cache values; proxy_cache_lock on; }
  }
}
`.replace("master_process off; ", workers > 1 ? "" : "master_process off; ");

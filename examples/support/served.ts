import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/server/src/command/main.ts", import.meta.url));

/** Runs `zarr-cache serve` in a directory, from source, on a free port. */
export async function served(directory: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  // By its path, since the server runs elsewhere.
  const fromSource = ["--conditions=@zarr-cache/source", "--import", import.meta.resolve("tsx")];
  const flags = [...fromSource, MAIN, "serve", "--listen", "127.0.0.1:0", "--json"];
  const server: ChildProcess = spawn(process.execPath, flags, {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(server.stdout as NodeJS.ReadableStream)) {
    if (!line.startsWith('{"url"')) continue;
    return {
      url: JSON.parse(line).url,
      async stop() {
        server.kill();
        await once(server, "exit");
      },
    };
  }
  throw new Error("The server ended.");
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { startServer } from "./support/start-server.ts";

const post = (url: string, path: string, body: object) =>
  fetch(`${url}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", connection: "close" },
  });

const follow = (url: string, location: string) => fetch(`${url}${location}/events`);

/** What is told of a job until the stream ends. */
async function told(events: Response): Promise<{ state: string }[]> {
  const text = await events.text();
  return [...text.matchAll(/^event: job\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
}

it("goes on with a job through SIGHUP, and keeps the list", async () => {
  const origin = await countingOrigin({ "/one/a": Uint8Array.of(1) });
  const cwd = await temporaryDirectory();
  const configure = (stores: Record<string, string>) =>
    writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify({ stores }));
  await configure({ one: `${origin.url}/one` });
  const server = await startServer([], { cwd });
  const letGo = origin.hold();
  const begun = await post(server.url, "/api/v1/warm", { store: "one", keys: ["/a"] });
  const location = begun.headers.get("location") as string;
  await origin.asked;
  const before = await follow(server.url, location);
  await configure({ one: `${origin.url}/one`, two: `${origin.url}/two` });
  const reloaded = server.logged("reloaded");
  server.process.kill("SIGHUP");
  await reloaded;
  expect((await told(before)).at(-1)).toMatchObject({ state: "running" });
  letGo();
  const end = (await told(await follow(server.url, location))).at(-1);
  expect(end).toMatchObject({ state: "done", result: { done: 1, failed: 0 } });
  expect(await (await fetch(`${server.url}/api/v1/jobs`)).json()).toEqual({ jobs: [end] });
  expect(origin.requests).toEqual(["GET /one/a"]);
});

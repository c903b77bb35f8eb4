import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startConfigured } from "./support/configured-server.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { command, runCommand, type StartedServer, startServer } from "./support/start-server.ts";

const ALONE = { connection: "close" };

const post = (url: string, path: string, body: object) =>
  fetch(`${url}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...ALONE },
  });

const follow = (url: string, location: string) => fetch(`${url}${location}/events`);

/** What is told of a job until the stream ends. */
async function told(events: Response): Promise<{ state: string }[]> {
  const sent = await events.text();
  return [...sent.matchAll(/^event: job\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
}

/** Kills one process of a server, and waits until another serves in its place. */
async function replace(server: StartedServer, pid: unknown): Promise<void> {
  const replaced = server.logged("worker serves");
  process.kill(pid as number, "SIGKILL");
  await replaced;
}

const workersOf = ({ log }: StartedServer) =>
  log.filter(({ msg }) => msg === "worker serves").map(({ pid }) => pid);

it("goes on with a job through SIGHUP, and keeps the list", async () => {
  const origin = await countingOrigin({ "/one/a": Uint8Array.of(1) });
  const one = `${origin.url}/one`;
  const server = await startConfigured({ stores: { one } });
  const letGo = origin.hold();
  const begun = await post(server.url, "/api/v1/warm", { store: "one", keys: ["/a"] });
  const location = begun.headers.get("location") as string;
  await origin.asked;
  const before = await follow(server.url, location);
  await server.reload({ stores: { one, two: `${origin.url}/two` } });
  expect((await told(before)).at(-1)).toMatchObject({ state: "running" });
  letGo();
  const end = (await told(await follow(server.url, location))).at(-1);
  expect(end).toMatchObject({ state: "done", result: { done: 1, failed: 0 } });
  expect(await (await fetch(`${server.url}/api/v1/jobs`)).json()).toEqual({ jobs: [end] });
  expect(origin.requests).toEqual(["GET /one/a"]);
});

it("shows a job whichever process is asked, and that it failed once its own was killed", async () => {
  const origin = await countingOrigin({});
  const server = await startServer([`${origin.url}/one`, "--workers", "2"]);
  origin.hold();
  const begun = await post(server.url, "/api/v1/warm", { store: "one", keys: ["/a"] });
  const url = `${server.url}${begun.headers.get("location")}`;
  /** What all processes say, each of which takes some of the connections. */
  const told = async () => {
    const answers = await Promise.all(Array.from({ length: 24 }, () => fetch(url, { headers: ALONE })));
    const jobs = answers.map(async (answer) => {
      const { state, reason } = await answer.json();
      return `${answer.status} ${state} ${reason}`;
    });
    return [...new Set(await Promise.all(jobs))];
  };
  expect([begun.status, await told()]).toEqual([202, ["200 running null"]]);
  for (const pid of workersOf(server)) {
    await replace(server, pid);
    expect(await told(), "processes that know it alike").toHaveLength(1);
  }
  expect(await told()).toEqual(["200 failed The process that did it has ended."]);
});

it.each([1, 2])("tells in a line of a command whose job ends with its process: of %i", async (workers) => {
  const origin = await countingOrigin({});
  const server = await startConfigured({ workers, accessLog: true, stores: { one: `${origin.url}/one` } });
  origin.hold();
  const warming = command(["warm", "one", "--array", "t2m", "--server", server.url], { cwd: server.cwd });
  while (!String((await server.logged("request"))["path"]).endsWith("/events"));
  if (workers === 1) server.process.kill("SIGKILL");
  else for (const pid of workersOf(server)) await replace(server, pid);
  const { code, out, err } = await warming;
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^zarr-cache: .*(?:does not answer|process that did it has ended).*\n$/);
});

it.each(["directly", "at a server"])(
  "ends its job where a command is interrupted that warms %s",
  async (where) => {
    const origin = await countingOrigin({});
    const stores = { one: `${origin.url}/one` };
    const server = await startConfigured({ stores, accessLog: true });
    origin.hold();
    const at = where === "directly" ? [] : ["--server", server.url];
    const env = { LOCAL_DATA_DIR: await temporaryDirectory() };
    const child = runCommand(["warm", "one", "--array", "t2m", ...at], server.cwd, env);
    const ended = once(child, "exit");
    const said = text(child.stderr as Readable);
    if (where === "directly") await origin.asked;
    else while (!String((await server.logged("request"))["path"]).endsWith("/events"));
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(await said).toBe("zarr-cache: ended before it was done; what was done stays.\n");
    const { jobs } = await (await fetch(`${server.url}/api/v1/jobs`)).json();
    expect(jobs.map(({ state }: { state: string }) => state)).toEqual(
      where === "directly" ? [] : ["cancelled"],
    );
  },
);

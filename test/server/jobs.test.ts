import { expect, it } from "vitest";
import { startConfigured } from "./support/configured-server.ts";
import { countingOrigin } from "./support/counting-origin.ts";
import { command, type StartedServer, startServer } from "./support/start-server.ts";

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
  const text = await events.text();
  return [...text.matchAll(/^event: job\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
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

import { expect, it } from "vitest";
import type { Api } from "../../src/command/api/api.ts";
import { runJob } from "../../src/command/api/run-job.ts";
import { CommandError } from "../../src/command/command-error.ts";

const PLACE = "/api/v1/jobs/j";
const running = { id: "j", kind: "warm", state: "running", progress: {}, result: null, reason: null };
const done = { ...running, state: "done", result: { done: 3 } };

const event = (job: object) => `event: job\ndata: ${JSON.stringify(job)}\n\n`;
const json = (body: object, status = 200) => Response.json(body, { status });

/** A stream that sends this and then breaks off. */
function breaking(...texts: string[]): Response {
  const left = texts.map((text) => new TextEncoder().encode(text));
  return new Response(
    new ReadableStream({
      pull(controller) {
        const next = left.shift();
        next === undefined ? controller.error(new TypeError("terminated")) : controller.enqueue(next);
      },
    }),
  );
}

/** A server whose streams and states of the job are these, one after the other, the last for ever. */
function scripted(streams: (() => Response)[], states: (() => Response)[] = [() => json(running)]) {
  const asked: string[] = [];
  const next = (from: (() => Response)[]) => ((from.length > 1 ? from.shift() : from[0]) as () => Response)();
  const api: Api = {
    name: "http://server.example",
    async fetch(path, init) {
      asked.push(`${init?.method ?? "GET"} ${path}`);
      if (init?.method === "POST") return json(running, 202);
      return next(path === PLACE ? states : streams);
    },
    close: async () => {},
  };
  const shown: unknown[] = [];
  const waits: number[] = [];
  const run = () =>
    runJob<{ done: number }>(
      api,
      "/api/v1/warm",
      {},
      "warmed",
      (told) => {
        shown.push(told["done"]);
        return { done: Number(told["done"]), total: null };
      },
      async (milliseconds) => void waits.push(milliseconds),
    );
  return { run, asked, shown, waits };
}

it("asks for the events again where they break off, and tells how the job ended", async () => {
  const at = (count: number) => event({ ...running, progress: { done: count } });
  const { run, asked, shown, waits } = scripted([
    () => breaking(at(1), at(2).slice(0, 20)),
    () => breaking(at(2)),
    () => new Response(event(done)),
  ]);
  expect(await run()).toEqual({ done: 3 });
  expect(shown.slice(0, 2)).toEqual([1, 2]);
  expect(waits).toEqual([100, 100]);
  expect(asked.filter((request) => request.endsWith("/events"))).toHaveLength(3);
});

it("takes what the job has become meanwhile", async () => {
  expect(await scripted([() => breaking()], [() => json(done)]).run()).toEqual({ done: 3 });
  const ended = { ...running, state: "failed", reason: "The process that did it has ended." };
  const { run } = scripted([() => breaking()], [() => json(ended)]);
  await expect(run()).rejects.toEqual(new CommandError("The process that did it has ended."));
});

it.each<[string, () => Response, number]>([
  ["break off at once", () => breaking(), 6],
  ["end without a word", () => new Response(":\n\n"), 6],
])("gives up in a line where the events %s every time", async (_, stream, streams) => {
  const { run, asked, waits } = scripted([stream]);
  await expect(run()).rejects.toThrow(
    /^http:\/\/server\.example: what it tells of the job breaks off \(.+\); the job goes on there\.$/,
  );
  expect(asked.filter((request) => request.endsWith("/events"))).toHaveLength(streams);
  expect(waits).toEqual([100, 200, 300, 400, 500]);
});

it("tells in a line what the server refuses", async () => {
  const refused = () => json({ detail: "This client sends more requests than this server takes." }, 429);
  const { run, asked } = scripted([refused]);
  await expect(run()).rejects.toEqual(
    new CommandError("http://server.example: This client sends more requests than this server takes."),
  );
  expect(asked).toHaveLength(2);
});

it("tells in a line that an answer breaks off", async () => {
  const { run } = scripted([() => breaking()], [() => breaking('{"id":')]);
  await expect(run()).rejects.toThrow(/^http:\/\/server\.example: its answer breaks off \(terminated\)\.$/);
});

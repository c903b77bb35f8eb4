import { silentLog } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { Records, send, startAside } from "./support.ts";

it("answers for a function that hangs, crashes, fails or eats memory, and goes on", async () => {
  const lines: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => void lines.push(fields) };
  const modules = {
    misbehave: { module: "misbehaving.ts", timeout: "60s" },
    hang: { module: "misbehaving.ts", timeout: "500 ms" },
  };
  const { request } = await startAside(new Records(), { functions: { modules, memory: "300 MB" } }, { log });
  const outcomes = await Promise.all(
    ["hang", "exit", "abort", "eat-buffers", "eat-heap", "throw", "refuse"].map(async (how) => {
      const answer = await send(request, "POST", { function: how === "hang" ? how : "misbehave", how });
      const { status, code, error } = await answer.json();
      return [how, answer.status === status && status, code, typeof error];
    }),
  );
  expect(outcomes).toEqual([
    ["hang", 504, "FunctionTimedOut", "string"],
    ["exit", 500, "FunctionCrashed", "string"],
    ["abort", 500, "FunctionCrashed", "string"],
    ["eat-buffers", 500, "FunctionOutOfMemory", "string"],
    ["eat-heap", 500, "FunctionOutOfMemory", "string"],
    ["throw", 500, "FunctionFailed", "string"],
    ["refuse", 422, "FunctionRefused", "string"],
  ]);
  expect(lines).toHaveLength(6);
  const after = await send(request, "GET", { function: "misbehave", how: "work", marker: "1" });
  expect((await after.json()).return.value).toEqual({ how: "work", marker: "1" });
});

it("ends a function when its client has gone", async () => {
  const { request } = await startAside(new Records(), {
    functions: { modules: { misbehave: { module: "misbehaving.ts", timeout: "1h" } }, processes: 1 },
  });
  const leaving = new AbortController();
  const address = "/cache/api/v1.0/?function=misbehave&how=";
  const hanging = request(`${address}hang`, { signal: leaving.signal });
  const queued = request(`${address}work`);
  leaving.abort();
  await hanging.catch(() => {});
  expect((await queued).status, "its process is free for the next").toBe(200);
});

it("keeps results as long as the operator says, by the arguments", async () => {
  const { request } = await startAside(new Records(), {
    functions: { modules: { misbehave: { module: "misbehaving.ts", expires: "1h" } }, memory: "300 MB" },
  });
  const pid = async (marker: string) =>
    (await (await send(request, "POST", { function: "misbehave", how: "hold-memory", marker })).json()).return
      .value;
  const first = await pid("1");
  expect(await pid("1"), "kept").toBe(first);
  expect(await pid("2"), "another process, since the first took so much").not.toBe(first);
});

it("tells an operator what is wrong with functions when the server starts", async () => {
  const start = (functions: Record<string, unknown>) => startAside(new Records(), { functions });
  await expect(start({ modules: { f: "nowhere.js" } })).rejects.toThrow(
    /functions\.modules\.f: the module .*nowhere\.js/,
  );
  await expect(start({ modules: { cache_stats: "say-hello.ts" } })).rejects.toThrow(/built-in/);
  await expect(start({ modules: { "../f": "say-hello.ts" } })).rejects.toThrow(/letters, digits/);
  await expect(start({ memory: "much" })).rejects.toThrow(/512 MB/);
  await expect(startAside(new Records(), { store: "other" })).rejects.toThrow(
    /no store "other"; name one of data/,
  );
});

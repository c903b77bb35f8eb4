import { afterAll, expect, it } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { FunctionPool, type FunctionPoolOptions } from "../../src/functions/function-pool.ts";

const BOUNDS: FunctionPoolOptions = {
  processes: 2,
  memory: 300e6,
  queue: 4,
  maxResult: 1_000_000,
  itemBytes: 1_000_000,
  env: { VISIBLE: "yes" },
};

const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "50 MB" }), new MemoryStoreOpener());
await storage.open();
await storage.bind("aside", undefined);
const place = {
  storage,
  storeId: "aside",
  keyOf: (path: string): `/${string}` => `/${path.replace(/^\//, "")}`,
};
const pool = new FunctionPool(place, BOUNDS);
afterAll(async () => {
  await pool.close();
  await storage.close();
});

const moduleUrl = (name: string) => new URL(`./modules/${name}.ts`, import.meta.url).href;

async function misbehave(
  args: Record<string, unknown>,
  timeout = 20_000,
  signal?: AbortSignal,
): Promise<unknown> {
  const call = { name: "f", module: moduleUrl("misbehaving"), args, timeout, signal };
  return JSON.parse(await pool.run(call));
}

/** The call is the only one that notices: others run beside it, and after it. */
async function othersGoOn(broken: Promise<unknown>): Promise<unknown> {
  const [outcome, ...beside] = await Promise.all([
    broken.catch((error: unknown) => error),
    ...["a", "b", "c"].map((marker) => misbehave({ marker })),
  ]);
  expect(beside).toEqual([{ marker: "a" }, { marker: "b" }, { marker: "c" }]);
  expect(await misbehave({ marker: "after" })).toEqual({ marker: "after" });
  return outcome;
}

it.each([
  ["hang", "FunctionTimedOut", 504],
  ["wait", "FunctionTimedOut", 504],
])("ends a call that does nothing but %s", async (how, code, status) => {
  expect(await othersGoOn(misbehave({ how }, 1500))).toMatchObject({ code, status });
});

it.each([
  ["exit", "FunctionCrashed"],
  ["kill", "FunctionCrashed"],
  ["abort", "FunctionCrashed"],
  ["reject-behind", "FunctionCrashed"],
  ["eat-heap", "FunctionOutOfMemory"],
  ["eat-buffers", "FunctionOutOfMemory"],
  ["large", "FunctionResultTooLarge"],
])("costs only its own call: %s", async (how, code) => {
  expect(await othersGoOn(misbehave({ how, marker: 1 }))).toMatchObject({ code, status: 500 });
});

it("tells what a function refuses with its status, and what it failed of", async () => {
  await expect(misbehave({ how: "refuse" })).rejects.toMatchObject({
    code: "FunctionRefused",
    status: 422,
    message: 'Function "f" refused: no such month.',
  });
  await expect(misbehave({ how: "throw" })).rejects.toMatchObject({
    code: "FunctionFailed",
    status: 500,
    message: 'Function "f" failed: it is too far.',
  });
});

it("lets a process that has something left to do, or much memory taken, do no other call", async () => {
  const single = new FunctionPool(place, { ...BOUNDS, processes: 1 });
  try {
    const call = (args: Record<string, unknown>) =>
      single.run({ name: "f", module: moduleUrl("misbehaving"), args, timeout: 20_000 }).then(JSON.parse);
    const first = await call({ how: "pid" });
    expect(await call({ how: "pid" }), "a process is used again").toBe(first);
    expect(await call({ how: "read-file" })).toBe(first);
    expect(await call({ how: "pid" }), "a file that is being closed is nothing left to do").toBe(first);
    expect(await call({ how: "throw-later" })).toBe("done");
    const second = await call({ how: "pid" });
    expect(second).not.toBe(first);
    expect(await call({ how: "hold-memory" })).toBe(second);
    expect(await call({ how: "pid" })).not.toBe(second);
  } finally {
    await single.close();
  }
  await expect(
    single.run({ name: "f", module: moduleUrl("misbehaving"), args: {}, timeout: 1000 }),
  ).rejects.toMatchObject({ tag: "ClosedError" });
});

it("ends a call that nobody wants any more", async () => {
  const leaving = new AbortController();
  const ended = misbehave({ how: "hang" }, 60_000, leaving.signal);
  const beside = misbehave({ marker: 1 });
  await beside;
  leaving.abort(new Error("gone"));
  await expect(ended).rejects.toThrow("gone");
  expect(await misbehave({ marker: 2 })).toEqual({ marker: 2 });
});

it("refuses calls when too many wait", async () => {
  const leaving = new AbortController();
  const calls = Array.from({ length: 8 }, () => misbehave({ how: "hang" }, 60_000, leaving.signal));
  const outcomes = Promise.allSettled(calls);
  await Promise.race(calls.map((call) => call.catch(() => {})));
  leaving.abort(new Error("gone"));
  const codes = (await outcomes).map((outcome) => (outcome as PromiseRejectedResult).reason.code);
  expect(codes.filter((code) => code === "TooManyFunctions").length).toBeGreaterThanOrEqual(1);
  expect(await misbehave({ marker: 3 })).toEqual({ marker: 3 });
});

it("shows functions the environment that it is told to, and nothing else", async () => {
  expect(Object.keys((await misbehave({ how: "environment" })) as object).sort()).toEqual(
    ["NODE_CHANNEL_FD", "TINYPOOL_WORKER_ID", "VISIBLE"].filter((name) => name !== "NODE_CHANNEL_FD"),
  );
});

it("gives functions cached items as files, written once however often they are read", async () => {
  await storage.put({ storeId: "aside", key: "/a/file.txt" }, new TextEncoder().encode("abcdef"));
  await storage.put({ storeId: "aside", key: "/gone" }, undefined);
  const call = {
    name: "reading",
    module: moduleUrl("reading"),
    args: { path: "a/file.txt" },
    timeout: 20_000,
  };
  const before = pool.itemFilesWritten;
  const results = await Promise.all([1, 2, 3].map(() => pool.run(call)));
  expect(pool.itemFilesWritten - before).toBe(1);
  for (const result of results)
    expect(JSON.parse(result)).toEqual({
      length: 6,
      first: 97,
      ownsBuffer: true,
      head: "abc",
      tail: "ef",
      behind: "",
      file: 6,
      info: { path: "a/file.txt", bytes: 6, age: expect.any(Number) },
      has: true,
      keys: ["a/file.txt"],
    });
  expect(JSON.parse(await pool.run({ ...call, args: { path: "gone" } }))).toMatchObject({
    has: false,
    keys: ["a/file.txt"],
  });
});

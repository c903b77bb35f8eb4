import { describe, expect, it } from "vitest";
import type { CachedStore } from "../../src/cached-store.ts";
import type { Source } from "../../src/store/source.ts";
import type { SourceAskOptions } from "../../src/store/source-answer.ts";
import { deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

/** A source that says nothing; `keys` gives two before that. Where it obeys, it rejects with the signal's reason. */
function silentSource(obeys: boolean) {
  const asked = deferred<AbortSignal | undefined>();
  const never = ({ signal }: SourceAskOptions = {}) =>
    new Promise<never>((_, reject) => {
      if (obeys) signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      asked.resolve(signal);
    });
  const source = {
    get: async () => counted(1),
    has: (_key, options) => never(options),
    getSize: (_prefix, options) => never(options),
    async *keys(_prefix, options) {
      yield "/a";
      yield "/b";
      await never(options);
    },
  } satisfies Source;
  return { source, asked: asked.promise };
}

const QUESTIONS: readonly (readonly [
  string,
  (store: CachedStore, signal: AbortSignal) => Promise<unknown>,
])[] = [
  ["has", (store, signal) => store.has("/a", { signal })],
  ["getSize", (store, signal) => store.getSize("/", { signal })],
  ["list", (store, signal) => store.list("/", { signal })],
  [
    "keys",
    async (store, signal) => {
      const keys: string[] = [];
      for await (const key of store.keys("/", { signal })) keys.push(key);
      return keys;
    },
  ],
  ["warm", (store, signal) => store.warm({ pattern: "/**" }, { signal })],
];

describe.each([
  ["obeys signals", true],
  ["does not", false],
])("a source that %s and says nothing", (_, obeys) => {
  it.each(QUESTIONS)("is left by the reader of %s", async (_what, ask) => {
    const { source, asked } = silentSource(obeys);
    const { store } = cached(source);
    const leaving = new AbortController();
    const asking = ask(store, leaving.signal);
    asking.catch(() => {});
    const own = await asked;
    expect(own).toBeInstanceOf(AbortSignal);
    expect([own === leaving.signal, own?.aborted]).toEqual([false, false]);
    leaving.abort(new Error("left"));
    await expect(asking).rejects.toThrow("left");
    expect(own?.aborted).toBe(true);
    await expect(ask(store, leaving.signal)).rejects.toThrow("left");
  });
});

it("that lists children alone is left as well, wherever it is", async () => {
  const asked = deferred<AbortSignal | undefined>();
  const { store } = cached({
    get: async () => undefined,
    list: (prefix, options) => {
      if (prefix === "/") return ["/t/", "/zarr.json"];
      asked.resolve(options?.signal);
      return new Promise(() => {});
    },
  });
  const leaving = new AbortController();
  const walking = (async () => {
    for await (const _ of store.keys("/", { signal: leaving.signal }));
  })();
  walking.catch(() => {});
  const own = await asked.promise;
  leaving.abort(new Error("left"));
  await expect(walking).rejects.toThrow("left");
  expect(own?.aborted).toBe(true);
});

it("ends a listing at the source when the reader has seen enough", async () => {
  let hasEnded = false;
  const { store } = cached({
    get: async () => undefined,
    async *keys() {
      try {
        for (let i = 0; ; i++) yield `/${i}`;
      } finally {
        hasEnded = true;
      }
    },
  });
  const keys: string[] = [];
  for await (const key of store.keys()) if (keys.push(key) === 3) break;
  expect(keys).toEqual(["/0", "/1", "/2"]);
  expect(hasEnded).toBe(true);
});

it.each(["has", "keys", "list", "getSize"] as const)("%s refuses a signal that is none", async (name) => {
  const { store } = cached(new Map([["/a", counted(1)]]));
  const options = { signal: 5 as never };
  const asking = async () => {
    if (name !== "keys") await store[name]("/a", options);
    else for await (const _ of store.keys("/a", options));
  };
  await expect(asking()).rejects.toMatchObject({ tag: "InvalidOptionError", option: "signal" });
});

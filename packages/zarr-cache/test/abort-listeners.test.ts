import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { onAbort } from "../src/abort-listeners.ts";
import { deferred } from "../src/testing/index.ts";
import { fakeServer, ok } from "./http/support/fake-server.ts";
import { counted } from "./support/bytes.ts";
import { cached } from "./support/cached.ts";

const KEYS = Array.from({ length: 30 }, (_, i) => `/c/${i}` as const);

// Platforms warn of a leak where a signal has more than ten listeners.
describe("a signal of a reader that many reads share", () => {
  it.each(["get", "getRange", "warm", "HttpSource.get"])(
    "has one listener for all of %s, and none after them",
    async (what) => {
      const gate = deferred<void>();
      const { store } = cached({ get: () => gate.promise.then(() => counted(9)) });
      const { source } = fakeServer(() => gate.promise.then(() => ok(counted(9))));
      const { signal } = new AbortController();
      const reading =
        what === "warm"
          ? store.warm(KEYS, { signal })
          : Promise.all(
              KEYS.map((key) => {
                if (what === "HttpSource.get") return source.get(key, { signal });
                return what === "get"
                  ? store.get(key, { signal })
                  : store.getRange(key, { offset: 0, length: 3 }, { signal });
              }),
            );
      await new Promise(setImmediate);
      expect(getEventListeners(signal, "abort")).toHaveLength(1);
      gate.resolve();
      await reading;
      expect(getEventListeners(signal, "abort")).toEqual([]);
    },
  );
});

describe("who waits for an abort", () => {
  it("is called once, in the order in which they came, unless they have left", () => {
    const abort = new AbortController();
    const called: string[] = [];
    onAbort(abort.signal, () => called.push("a"));
    const leave = onAbort(abort.signal, () => called.push("b"));
    const stop = onAbort(abort.signal, () => stop());
    onAbort(abort.signal, () => called.push("c"));
    leave();
    leave();
    abort.abort();
    expect(called).toEqual(["a", "c"]);
  });

  it("may come again after all have left", () => {
    const abort = new AbortController();
    let calls = 0;
    const first = onAbort(abort.signal, () => calls++);
    first();
    const second = onAbort(abort.signal, () => calls++);
    first();
    abort.abort();
    expect(calls).toBe(1);
    second();
  });
});

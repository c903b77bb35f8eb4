import { describe, expect, it } from "vitest";
import { Slots } from "../../src/http/slots.ts";
import { deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { fakeServer, ok } from "./support/fake-server.ts";

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the requests to a server", () => {
  it("are never more than the limit, of all sources together", async () => {
    let underWay = 0;
    let most = 0;
    const { source, again } = fakeServer(
      async () => {
        most = Math.max(most, ++underWay);
        await turn();
        underWay--;
        return ok(counted(3));
      },
      { concurrency: 3 },
    );
    const other = again();
    await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? source : other).get(`/c/${i}`)));
    expect(most).toBe(3);
  });

  it("free their place however they end: aborted in line, before the answer, or in the body", async () => {
    const gate = deferred();
    const cancelled = deferred();
    const { source, requests } = fakeServer(
      async (request) => {
        if (request.url.endsWith("/c/0")) await gate.promise;
        if (request.url.endsWith("/c/1"))
          return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }), {
            headers: { "content-length": "9" },
          });
        return ok(counted(3));
      },
      { concurrency: 1 },
    );
    for (const key of ["/c/0", "/c/1"] as const) {
      const first = new AbortController();
      const second = new AbortController();
      const reading = source.get(key, { signal: first.signal });
      const waiting = source.get("/c/2", { signal: second.signal });
      await turn();
      second.abort(new Error("bored"));
      await expect(waiting).rejects.toThrow("bored");
      first.abort(new Error("away"));
      await expect(reading).rejects.toThrow("away");
      expect(requests.at(-1)?.signal.aborted).toBe(true);
      expect(await source.get("/c/3")).toEqual(counted(3));
    }
    expect(requests.map(({ url }) => url.at(-1))).toEqual(["0", "3", "1", "3"]);
  });

  it("are not made at all for who has left before", async () => {
    const { source, requests } = fakeServer(() => ok(counted(3)));
    await expect(source.get("/c/0", { signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow(
      "gone",
    );
    expect(requests).toEqual([]);
  });
});

describe("a line", () => {
  it("lets nobody overtake the first, whatever the limits", async () => {
    const slots = new Slots();
    const order: string[] = [];
    const take = (name: string, limit: number) => slots.take(limit, never).then(() => order.push(name));
    await take("a", 2);
    await take("b", 2);
    const rest = [take("narrow", 1), take("wide", 9)];
    slots.free();
    await turn();
    expect(order).toEqual(["a", "b"]);
    slots.free();
    await Promise.all(rest);
    expect(order).toEqual(["a", "b", "narrow", "wide"]);
    expect(slots.busy).toBe(2);
  });

  it("goes on when the first leaves", async () => {
    const slots = new Slots();
    await slots.take(2, never);
    const impatient = new AbortController();
    const first = slots.take(1, impatient.signal);
    const second = slots.take(2, never);
    impatient.abort(new Error("away"));
    await expect(first).rejects.toThrow("away");
    await second;
    expect(slots.busy).toBe(2);
  });
});

describe("requests that nobody waits for yet", () => {
  const inOrder = () => {
    const started: string[] = [];
    const slots = new Slots();
    const take = (name: string, demanded?: AbortSignal, signal: AbortSignal = never) =>
      slots.take(1, signal, demanded).then(() => started.push(name));
    return { started, slots, take };
  };

  it("go when no other does", async () => {
    const { started, slots, take } = inOrder();
    const unasked = new AbortController().signal;
    void take("first", unasked);
    void take("prefetched", unasked);
    void take("prefetched too", unasked);
    void take("asked for");
    void take("asked for later");
    for (let i = 0; i < 4; i++) {
      await turn();
      slots.free();
    }
    await turn();
    expect(started).toEqual(["first", "asked for", "asked for later", "prefetched", "prefetched too"]);
  });

  it("change over when somebody waits for them", async () => {
    const { started, slots, take } = inOrder();
    const unasked = new AbortController().signal;
    const demanded = new AbortController();
    void take("first");
    void take("prefetched", unasked);
    void take("prefetched, then asked for", demanded.signal);
    demanded.abort();
    for (let i = 0; i < 2; i++) {
      await turn();
      slots.free();
    }
    await turn();
    expect(started).toEqual(["first", "prefetched, then asked for", "prefetched"]);
  });

  it("leave either line when they are aborted", async () => {
    const { started, slots, take } = inOrder();
    const [demanded, one, other] = [new AbortController(), new AbortController(), new AbortController()];
    void take("first");
    const gone = [
      take("one", demanded.signal, one.signal),
      take("other", new AbortController().signal, other.signal),
    ];
    for (const each of gone) each.catch(() => {});
    demanded.abort();
    for (const { abort } of [one, other].map((each) => ({ abort: () => each.abort(new Error("away")) })))
      abort();
    for (const each of gone) await expect(each).rejects.toThrow("away");
    slots.free();
    void take("last");
    await turn();
    expect([started, slots.busy]).toEqual([["first", "last"], 1]);
  });
});

import { expect, it } from "vitest";
import { RequestTurns } from "../../src/s3/request-turns.ts";
import { deferred } from "../../src/testing/index.ts";

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Takes turns under names; each ends when it is told to. */
function inTurns(atOnce: number) {
  const turns = new RequestTurns(atOnce);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const take = (name: string, demanded?: AbortSignal, signal: AbortSignal = never) =>
    turns.take(
      "demand",
      signal,
      async () => {
        started.push(name);
        const { promise, resolve } = deferred<void>();
        ends.set(name, resolve);
        await promise;
      },
      demanded,
    );
  const end = async (name: string) => {
    ends.get(name)?.();
    await turn();
  };
  return { started, take, end };
}

it("lets what nobody waits for yet go behind what somebody does", async () => {
  const { started, take, end } = inTurns(2);
  const unasked = new AbortController().signal;
  void take("prefetched", unasked);
  void take("first");
  void take("prefetched later", unasked);
  void take("second");
  await turn();
  expect(started).toEqual(["prefetched", "first"]);
  await end("first");
  expect(started).toEqual(["prefetched", "first", "second"]);
  await end("prefetched");
  await end("second");
  expect(started.at(-1)).toBe("prefetched later");
});

it("moves it to the others when somebody waits for it, and frees its place all the same", async () => {
  const { started, take, end } = inTurns(2);
  const demanded = new AbortController();
  void take("prefetched", new AbortController().signal);
  void take("first");
  void take("prefetched, then asked for", demanded.signal);
  await turn();
  demanded.abort();
  await end("first");
  expect(started).toEqual(["prefetched", "first", "prefetched, then asked for"]);
  await end("prefetched");
  await end("prefetched, then asked for");
  void take("a");
  void take("b");
  void take("c");
  await turn();
  expect(started.slice(3)).toEqual(["a", "b"]);
});

it("lets it leave the line that it changed over to", async () => {
  const { started, take, end } = inTurns(1);
  const [demanded, leaving] = [new AbortController(), new AbortController()];
  void take("first");
  const gone = take("gone", demanded.signal, leaving.signal);
  gone.catch(() => {});
  await turn();
  demanded.abort();
  leaving.abort(new Error("away"));
  await expect(gone).rejects.toThrow("away");
  void take("last");
  await end("first");
  expect(started).toEqual(["first", "last"]);
});

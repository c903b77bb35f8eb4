import { expect, it } from "vitest";
import { WorkerBulletin } from "../../src/node/worker-bulletin.ts";
import type { FromWorker, ToWorker } from "../../src/node/worker-messages.ts";
import { WorkerPosts } from "../../src/node/worker-posts.ts";

/** A worker whose messages arrive when they are delivered, as between processes. */
interface TestWorker {
  readonly bulletin: WorkerBulletin;
  /** What it has heard under the topic `news`. */
  readonly heard: unknown[];
  /** Delivers what the first process has told it so far. */
  receive(): void;
}

/** A first process and its workers. */
function server(patience?: number) {
  const posts = new WorkerPosts();
  const start = (id: number): TestWorker => {
    const told: ToWorker[] = [];
    let hear: (message: ToWorker) => void = () => {};
    const bulletin = new WorkerBulletin(
      id,
      {
        connected: true,
        send(message: FromWorker) {
          if (message.type === "posted") posts.posted(message);
          else if (message.type === "heard") posts.heard(id, message);
        },
        on(_, listener) {
          hear = listener;
        },
      },
      patience,
    );
    posts.started(id, (message) => void told.push(message));
    const heard: unknown[] = [];
    bulletin.on("news", (data, from) => void heard.push([data, from]));
    return {
      bulletin,
      heard,
      receive() {
        for (const message of told.splice(0)) hear(message);
      },
    };
  };
  const serving = (id: number) => {
    const worker = start(id);
    worker.bulletin.post("joins", null);
    return worker;
  };
  return { posts, start, serving };
}

/** Whether a promise has been kept by now. */
function watch(promise: Promise<void>): () => Promise<boolean> {
  let isKept = false;
  void promise.then(() => {
    isKept = true;
  });
  return async () => {
    await new Promise(setImmediate);
    return isKept;
  };
}

it("passes on what one posts to all others", () => {
  const { serving } = server();
  const [one, two, three] = [serving(1), serving(2), serving(3)];
  one.bulletin.post("news", "a");
  for (const worker of [one, two, three]) worker.receive();
  expect([one.heard, two.heard, three.heard]).toEqual([[], [["a", 1]], [["a", 1]]]);
});

it("tells who announces that all have heard it, and not before", async () => {
  const { serving } = server(60_000);
  const [one, two, three] = [serving(1), serving(2), serving(3)];
  const isHeard = watch(one.bulletin.announce("news", "a"));
  two.receive();
  one.receive();
  expect(await isHeard()).toBe(false);
  three.receive();
  expect(await isHeard(), "it is not told yet").toBe(false);
  one.receive();
  expect(await isHeard()).toBe(true);
});

it("takes each announcement by itself", async () => {
  const { serving } = server(60_000);
  const [one, two] = [serving(1), serving(2)];
  const first = watch(one.bulletin.announce("news", "a"));
  two.receive();
  const second = watch(one.bulletin.announce("news", "b"));
  const other = watch(two.bulletin.announce("news", "c"));
  one.receive();
  expect([await first(), await second(), await other()]).toEqual([true, false, false]);
  two.receive();
  one.receive();
  expect([await second(), await other()]).toEqual([true, true]);
});

it("does not wait for one that only begins, which hears it all the same", async () => {
  const { serving, start } = server(60_000);
  const one = serving(1);
  const beginning = start(2);
  const isHeard = watch(one.bulletin.announce("news", "a"));
  one.receive();
  expect(await isHeard()).toBe(true);
  beginning.receive();
  expect(beginning.heard).toEqual([["a", 1]]);
});

it("does not wait for one that ends, and tells the others of it", async () => {
  const { posts, serving } = server(60_000);
  const [one, two] = [serving(1), serving(2)];
  const ended: number[] = [];
  const stop = one.bulletin.onEnded((process) => void ended.push(process));
  const isHeard = watch(one.bulletin.announce("news", "a"));
  posts.ended(2);
  one.receive();
  expect(await isHeard()).toBe(true);
  expect(ended).toEqual([2]);
  // The last words of one that has ended are heard, and it is told nothing.
  two.bulletin.post("news", "b");
  one.receive();
  expect(one.heard).toEqual([["b", 2]]);
  stop();
  posts.ended(3);
  one.receive();
  expect(ended).toEqual([2]);
});

it("does not wait for ever for one that does not answer", async () => {
  const { serving } = server(1);
  const [one, silent] = [serving(1), serving(2)];
  await one.bulletin.announce("news", "a");
  expect(silent.heard).toEqual([]);
});

it("hears nothing more of a topic once it has stopped", () => {
  const { serving } = server();
  const [one, two] = [serving(1), serving(2)];
  const heard: unknown[] = [];
  const stop = two.bulletin.on("news", (data) => void heard.push(data));
  one.bulletin.post("news", "a");
  two.receive();
  stop();
  one.bulletin.post("news", "b");
  two.receive();
  expect([heard, two.heard]).toEqual([
    ["a"],
    [
      ["a", 1],
      ["b", 1],
    ],
  ]);
});

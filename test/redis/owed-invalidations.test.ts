import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { nextTurn } from "../support/event-loop.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { fillPart, whole } from "./fill-part.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

type Ask = (...args: readonly unknown[]) => Promise<unknown>;

/** A client whose copies can be told that the server is another one, and refuse scripts of which a text is an argument. */
class Meddler {
  readonly isCluster = false;
  readonly #client: Redis;
  #life = "";
  /** Scripts with this argument fail. */
  refused: string | undefined;
  /** Paths of the scripts that failed. */
  readonly failures: string[] = [];

  constructor(client: Redis) {
    this.#client = client;
  }

  /** As after a failover: the server that answers has another name. */
  changeServer(): void {
    this.#life += "x";
  }

  duplicate(options: object): Redis {
    // ioredis makes this method as it runs, so its types do not have it.
    const copy = this.#client.duplicate(options) as Redis & { evalshaBuffer: Ask };
    const info = copy.info.bind(copy) as Ask;
    const evaluate = copy.evalshaBuffer.bind(copy);
    return Object.assign(copy, {
      info: async (...args: readonly unknown[]) =>
        String(await info(...args)).replace(/^run_id:/m, `run_id:${this.#life}`),
      evalshaBuffer: async (...args: readonly unknown[]) => {
        if (this.refused === undefined || !args.includes(this.refused)) return evaluate(...args);
        this.failures.push(this.refused);
        throw new Error("CLUSTERDOWN The cluster is down");
      },
    });
  }
}

describe.runIf(await hasRedisServer())("what was dropped just before a failover", () => {
  const test = serverOfEachTest({ maxBytes: "1 MB", deadline: 5000 });

  it("is dropped again until all of it has gone through, and what went through is not dropped once more", async () => {
    const meddler = new Meddler(new Redis(test.server.port, { lazyConnect: true }));
    const index = await test.openIndex({ redis: meddler, shards: 4 });
    const other = await test.openIndex({ shards: 4 });
    const { cursor } = other.changes(undefined);
    for (const path of ["/a", "/b", "/c"]) await index.invalidate("s", path);
    // What the failover has brought back.
    for (const key of ["/a", "/b", "/c"]) await fillPart(other, whole(key));
    meddler.refused = "/b";
    meddler.changeServer();
    while (meddler.failures.length < 3) await nextTurn();
    expect(await other.peek(whole("/a"))).toBeUndefined();
    expect(await other.peek(whole("/b"))).toBeDefined();
    expect(await other.peek(whole("/c"))).toBeDefined();

    await fillPart(other, whole("/a"));
    meddler.refused = undefined;
    for (const key of ["/b", "/c"]) while ((await other.peek(whole(key))) !== undefined) await nextTurn();
    expect(await other.peek(whole("/a")), "it went through the first time").toBeDefined();
    const told = () => other.changes(cursor).paths.map(({ path }) => path);
    while (told().length < 6) await nextTurn();
    expect(told()).toEqual(["/a", "/b", "/c", "/a", "/b", "/c"]);
  });

  it("is unbound again where it was a whole store, unless its id was bound since", async () => {
    const meddler = new Meddler(new Redis(test.server.port, { lazyConnect: true }));
    const index = await test.openIndex({ redis: meddler, shards: 4 });
    const other = await test.openIndex({ shards: 4 });
    const { cursor } = other.changes(undefined);
    for (const id of ["old", "taken"]) {
      await index.bind(id, "before");
      await index.deleteStore(id);
    }
    await index.bind("taken", "after");
    // What the failover has brought back.
    await other.bind("old", "before");
    await expect(index.bind("old", "after")).rejects.toThrow(/belongs to source "/);
    meddler.changeServer();
    const told = () => other.changes(cursor).paths.map(({ storeId }) => storeId);
    while (told().length < 4) await nextTurn();
    await index.bind("old", "after");
    await expect(index.bind("taken", "before")).rejects.toThrow(/belongs to source "/);
  });
});

import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisStoreIndex } from "zarr-cache/redis";
import { nextTurn } from "../support/event-loop.ts";
import { hasRedisServer, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { fillPart, whole } from "./fill-part.ts";

/** Keys of the store that is dropped; more for a long run. */
const KEYS = Number(process.env["ZARR_CACHE_MANY_KEYS"] ?? 24_000);
const OTHERS = 2000;
/** Entries that one script may touch; HSCAN gives somewhat more than it is asked for. */
const MOST_ENTRIES = 1000;
/** An entry goes from the entries and the ranks to the queue and the books. */
const MOST_CHANGES = 4 * MOST_ENTRIES;
/** Fields and values of a page. */
const MOST_IN_REPLY = 2 * 2000;

type Ask = (...args: readonly unknown[]) => Promise<unknown>;

/** A client whose copies tell how much every script changed, and how much came back with every command. */
class Watcher {
  readonly isCluster = false;
  changed: number[] = [];
  replied: number[] = [];
  readonly #client: Redis;
  readonly #namespace: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: Redis, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  duplicate(options: object): Redis {
    const copy = this.#client.duplicate(options);
    const commands = copy as Redis & Record<string, Ask>;
    const wrap = (name: string, watched: (ask: Ask) => Ask) => {
      commands[name] = watched((commands[name] as Ask).bind(copy));
    };
    for (const name of ["evalshaBuffer", "evalBuffer"])
      wrap(
        name,
        (ask) =>
          (...args) =>
            this.#weigh(() => ask(...args)),
      );
    for (const name of ["hscanBuffer", "zrangeBuffer", "hmgetBuffer", "callBuffer"])
      wrap(name, (ask) => async (...args) => {
        const reply = await ask(...args);
        this.replied.push(elements(reply));
        return reply;
      });
    return copy;
  }

  /** One script after the other, so that a change is that of one script. */
  #weigh(run: () => Promise<unknown>): Promise<unknown> {
    const weighed = this.#last.then(async () => {
      const before = await this.#sizes();
      const reply = await run();
      const after = await this.#sizes();
      this.replied.push(elements(reply));
      this.changed.push(after.reduce((sum, size, i) => sum + Math.abs(size - (before[i] as number)), 0));
      return reply;
    });
    this.#last = weighed.catch(() => {});
    return weighed;
  }

  async #sizes(): Promise<number[]> {
    const key = (name: string) => `{zc:${this.#namespace}:0}:${name}`;
    const lengths = ["e", "c", "t", "g", "x"].map((name) => this.#client.hlen(key(name)));
    return Promise.all([...lengths, ...["r", "r2", "q"].map((name) => this.#client.zcard(key(name)))]);
  }
}

function elements(reply: unknown): number {
  return Array.isArray(reply) ? reply.reduce((sum: number, each) => sum + elements(each), 0) : 1;
}

describe.runIf(await hasRedisServer())(`an index in Redis of ${KEYS + OTHERS} keys`, () => {
  let server: RedisServer;
  let client: Redis;
  let watcher: Watcher;
  let index: RedisStoreIndex;
  const keyOf = (i: number) => `/${i % 2 === 0 ? "even" : "odd"}/${i}`;

  beforeAll(async () => {
    server = await startRedisServer();
    client = new Redis(server.port, { lazyConnect: true, protocol: 2 });
    watcher = new Watcher(client, "many");
    const options = { namespace: "many", maxBytes: "1 TB", deadline: "30s" };
    const filler = new RedisStoreIndex({ ...options, redis: server.url });
    await filler.open();
    await filler.markClean();
    let next = 0;
    const fill = async () => {
      while (next < KEYS + OTHERS) {
        const i = next++;
        await fillPart(filler, i < KEYS ? whole(keyOf(i)) : whole(`/${i}`, "other"), 1000 + (i % 7));
      }
    };
    await Promise.all(Array.from({ length: 200 }, fill));
    await filler.close();
    index = new RedisStoreIndex({ ...options, redis: watcher });
    await index.open();
  }, 300_000);
  afterAll(async () => {
    await index.close();
    client.disconnect();
    await server.stop();
  });

  /** Waits until every cut was worked off behind the answers. */
  async function workedOff(): Promise<void> {
    while ((await client.hlen("{zc:many:0}:x")) > 0) await nextTurn();
  }

  it("is listed by path and by size in short steps", async () => {
    watcher.replied = [];
    const { entries } = await index.entries({ storeId: "s", prefix: "/even/", limit: 50 });
    expect(entries.map(({ key }) => key)).toEqual(
      Array.from({ length: KEYS / 2 }, (_, i) => keyOf(2 * i))
        .sort()
        .slice(0, 50),
    );
    const bySize = await index.entries({ orderBy: "size", limit: 50 });
    expect(new Set(bySize.entries.map(({ size }) => size))).toEqual(new Set([1006]));
    expect(watcher.replied.length).toBeGreaterThan((2 * KEYS) / 2000);
    expect(Math.max(...watcher.replied)).toBeLessThanOrEqual(MOST_IN_REPLY);
  });

  it("loses half of a store at once, and its entries in bounded steps", async () => {
    watcher.changed = [];
    await index.invalidate("s", "/even/");
    expect(watcher.changed).toHaveLength(1);
    for (const i of [0, 2, KEYS - 2]) expect(await index.peek(whole(keyOf(i)))).toBeUndefined();
    expect(await index.peek(whole(keyOf(1)))).toBeDefined();
    await workedOff();
    expect(Math.max(...watcher.changed)).toBeLessThanOrEqual(MOST_CHANGES);
    expect((await index.usage("s")).entries).toBe(KEYS / 2);
  });

  it("loses a store at once, and its entries in bounded steps", async () => {
    watcher.changed = [];
    await index.deleteStore("s");
    expect(await index.peek(whole(keyOf(1)))).toBeUndefined();
    expect((await index.entries({ storeId: "s" })).entries).toEqual([]);
    await workedOff();
    expect(Math.max(...watcher.changed)).toBeLessThanOrEqual(MOST_CHANGES);
    expect(watcher.changed.filter((changes) => changes > 0).length).toBeGreaterThan(KEYS / 2 / MOST_ENTRIES);
    const { entries } = await index.usage();
    expect(entries).toBe(OTHERS);
  });

  it("frees what is condemned a bounded number at a time, whatever is asked for", async () => {
    const names = await index.condemned(KEYS);
    expect(names).toHaveLength(KEYS);
    watcher.changed = [];
    await index.free(names.map(({ token }) => token));
    expect(Math.max(...watcher.changed)).toBeLessThanOrEqual(MOST_CHANGES);
    expect(watcher.changed.length).toBeGreaterThan(KEYS / MOST_ENTRIES);
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("ends many cuts a bounded number at a time", async () => {
    const cuts = 3000;
    const other = new RedisStoreIndex({
      redis: server.url,
      namespace: "many",
      maxBytes: "1 TB",
      deadline: "30s",
    });
    await other.open();
    const invalidations = Array.from({ length: cuts }, (_, i) => other.invalidate("other", `/none/${i}`));
    watcher.changed = [];
    await Promise.all([...invalidations, index.invalidate("other", "/none/")]);
    await workedOff();
    await other.close();
    expect(Math.max(...watcher.changed)).toBeLessThanOrEqual(MOST_CHANGES);
    expect((await index.usage("other")).entries).toBe(OTHERS);
  });

  it("makes room while a cut still hides entries, and tells of none that were hidden", async () => {
    const { maxBytes } = await index.usage();
    const want = { footprint: maxBytes - 1_000_000, size: 1, cost: 1, weight: 1e15 };
    // Sent one right behind the other, so that nothing is worked off in between.
    const [, room] = await Promise.all([
      index.invalidate("other", "/"),
      index.makeRoom(want, whole("/new", "other")),
    ]);
    expect(await client.hlen("{zc:many:0}:x")).toBe(1);
    expect(room).toEqual({ state: "done", evicted: [] });
    await workedOff();
    expect((await index.usage("other")).entries).toBe(0);
    expect(await index.verify({ repair: false })).toEqual([]);
  });
});

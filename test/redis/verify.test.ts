import { describe, expect, it } from "vitest";
import type { RedisStoreIndex } from "zarr-cache/redis";
import { type COUNTED_FIELDS, fieldsFrom } from "../../packages/zarr-cache/src/redis/head-record.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { ANY_AGE, fillPart, takeClaim, whole } from "./fill-part.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

const CHARGE = 1512;
const BOOKS = "{zc:n:0}:g";
const RANKS = "{zc:n:0}:r";
const CUTS = "{zc:n:0}:x";
const ENTRIES = "{zc:n:0}:e";
const WANT = { footprint: 1000, size: 1000, cost: 100, weight: 1 };

describe.runIf(await hasRedisServer())("verify of a RedisStoreIndex", () => {
  const test = serverOfEachTest({ maxBytes: 10 * CHARGE, deadline: 5000 });
  const KEYS = ["/a", "/b", "/c", "/d"];

  /** Four entries, one of them pinned, a reservation and a condemned name. */
  async function openFilled(): Promise<RedisStoreIndex> {
    const index = await test.openIndex({ maxEntryBytes: 5000 });
    for (const key of KEYS) await fillPart(index, whole(key));
    await index.weigh(whole("/a"), Number.POSITIVE_INFINITY);
    await index.reserve(await takeClaim(index, whole("/r")), WANT);
    await index.condemn(whole("/x"), await fillPart(index, whole("/x")));
    expect(await index.verify({ repair: true })).toEqual([]);
    return index;
  }

  /** Changes numbers of the head behind the index's back. */
  async function damage(changes: Partial<Record<(typeof COUNTED_FIELDS)[number], number>>): Promise<void> {
    const head = (await test.server.admin.hgetBuffer(BOOKS, "h")) as Buffer;
    for (const [name, value] of Object.entries(changes) as [(typeof COUNTED_FIELDS)[number], number][])
      head.writeDoubleLE(value, fieldsFrom(name, name).at);
    await test.server.admin.hset(BOOKS, "h", head);
  }

  it("finds each number that does not add up, changes nothing unless told to, and then sets all right", async () => {
    const index = await openFilled();
    const before = await index.usage();
    await damage({ charged: 9999, condemned: 1, entries: 7, reserved: 0, pinned: 5 });
    const counts = Buffer.alloc(32);
    for (const [at, value] of [3, 100, 50, Number.POSITIVE_INFINITY].entries())
      counts.writeDoubleLE(value, 8 * at);
    await test.server.admin.hset(BOOKS, "ss", counts);
    const damaged = await index.usage();
    const findings = [
      `charged 9999, counted ${6 * CHARGE}`,
      `condemned 1, counted ${CHARGE}`,
      "entries 7, counted 4",
      "reservations 0, counted 1",
      `pinned 5, counted ${CHARGE}`,
      "entries of s 3, counted 4",
      `charged to s 100, counted ${6 * CHARGE}`,
      `condemned of s 50, counted ${CHARGE}`,
    ];
    for (let dry = 0; dry < 2; dry++) expect(await index.verify({ repair: false })).toEqual(findings);
    expect(await index.usage()).toEqual(damaged);
    expect(await index.verify({ repair: true })).toEqual(findings);
    expect(await index.verify({ repair: false })).toEqual([]);
    expect(await index.usage()).toEqual(before);
    for (const key of KEYS) expect(await index.peek(whole(key)), key).toBeDefined();
  });

  it("finds writes, refusals and invalidations that are not counted, and heeds them again", async () => {
    const index = await openFilled();
    const intent = await index.openWrite("s", "/w");
    await index.release(await takeClaim(index, whole("/p")), { passFor: 60_000 });
    for (const key of [CUTS, ENTRIES]) await test.server.admin.hset(key, ">s\n/none/", 0);
    await damage({ intents: 0, marks: 0, cuts: 0 });
    // The last byte of the mark tells claims what there is.
    const mark = (await test.server.admin.hgetBuffer(ENTRIES, "!")) as Buffer;
    await test.server.admin.hset(ENTRIES, "!", Buffer.concat([mark.subarray(0, -1), Buffer.alloc(1)]));
    for (const key of ["/w", "/p"]) await index.release(await takeClaim(index, whole(key)));

    const findings = ["keys being written 0, counted 1", "pass marks 0, counted 1", "cuts 0, counted 1"];
    expect(await index.verify({ repair: false })).toEqual(findings);
    expect(await index.verify({ repair: true })).toEqual(findings);
    expect(await index.verify({ repair: false })).toEqual([]);
    for (const key of ["/w", "/p"]) expect((await index.claim(whole(key), ANY_AGE)).state).toBe("pass");
    await index.closeWrite(intent, false);
    for (let step = 0; step < 10; step++) await index.sweep();
    expect(await test.server.admin.hlen(CUTS)).toBe(0);
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("ranks entries again that have lost their rank, so that they can go, and drops ranks of nothing", async () => {
    const index = await openFilled();
    const [first] = await test.server.admin.zrangeBuffer(RANKS, "0", "0");
    await test.server.admin.zrem(RANKS, first as Buffer);
    for (const id of ["s\n/none\n", "s\n/b\n"])
      await test.server.admin.zadd(RANKS, 1, `${"\0".repeat(12)}${id}`);
    const findings = ["ranked entries 5, counted 4"];
    expect(await index.verify({ repair: false })).toEqual(findings);
    expect(await index.verify({ repair: true })).toEqual(findings);
    expect(await index.verify({ repair: false })).toEqual([]);
    const smaller = await test.openIndex({ maxEntries: 1 });
    const { entries } = await smaller.entries({});
    expect(entries.map(({ key }) => key)).toEqual(["/a"]);
    expect(await smaller.verify({ repair: false })).toEqual([]);
  });
});

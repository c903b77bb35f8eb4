import { describe, expect, it } from "vitest";
import type { RedisStoreIndexOptions } from "zarr-cache/redis";
import { fakeClock } from "zarr-cache/testing";
import { hasRedisServer } from "../support/redis-server.ts";
import { ANY_AGE, takeClaim, whole } from "./fill-part.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

const NEVER = new AbortController().signal;
const FAILURE = { name: "HttpError", message: "503" };
const CHANNEL = "{zc:n:0}:t";

describe.runIf(await hasRedisServer())("those who wait for a claim in another process", () => {
  const test = serverOfEachTest({ maxBytes: "1 MB", deadline: 5000 });

  /** Two clients, the second of which waits for the first; `wait` has asked once when it answers. */
  async function startWaiting(options: Partial<RedisStoreIndexOptions>, waiting = options) {
    const filler = await test.openIndex(options);
    const waiter = await test.openIndex(waiting);
    const claim = await takeClaim(filler, whole("/a"));
    expect(await waiter.claim(whole("/a"), ANY_AGE)).toMatchObject({ state: "wait", token: claim.token });
    return { filler, claim, settled: waiter.settled(whole("/a"), claim.token, NEVER) };
  }

  it("are told by a message, without having to ask again", async () => {
    // Its timers never go off, so it asks once.
    const { filler, claim, settled } = await startWaiting({}, { timers: fakeClock().timers });
    while (Number((await test.server.admin.pubsub("NUMSUB", CHANNEL))[1]) === 0);
    await filler.release(claim, { failure: FAILURE });
    expect((await settled).failure).toEqual(FAILURE);
  });

  it("find out by asking where no message reaches them", async () => {
    const { admin, port } = test.server;
    const rights = ["+@all", "-publish", "-subscribe", "-psubscribe"];
    await admin.call("ACL", "SETUSER", "quiet", "on", ">secret", "~*", "resetchannels", ...rights);
    const { filler, claim, settled } = await startWaiting({
      redis: `redis://quiet:secret@127.0.0.1:${port}`,
    });
    await filler.release(claim, { failure: FAILURE });
    expect((await settled).failure).toEqual(FAILURE);
    expect((await admin.pubsub("NUMSUB", CHANNEL))[1]).toBe(0);
  });
});

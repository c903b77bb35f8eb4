import { describe, expect, it } from "vitest";
import { nextTurn } from "../support/event-loop.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { ANY_AGE, fillPart, takeClaim, whole } from "./fill-part.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

const DEADLINE = 500;

/** Keeps the event loop busy for so long that every timer of a command is due, and its answer is there as well. */
function starve(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe.runIf(await hasRedisServer())("RedisStoreIndex in a process that gets no turn", () => {
  const test = serverOfEachTest({ maxBytes: "1 MB", deadline: DEADLINE });

  it("takes the answers that have arrived, although it hears them after the deadline", async () => {
    const index = await test.openIndex();
    const token = await fillPart(index, whole("/a"));
    await takeClaim(index, whole("/warm"));
    const found = Array.from({ length: 20 }, () => Promise.resolve(index.lookup(whole("/a"))));
    const claimed = Array.from({ length: 20 }, (_, i) => index.claim(whole(`/b/${i}`), ANY_AGE));
    starve(3 * DEADLINE);
    expect((await Promise.all(found)).map((entry) => entry?.token)).toEqual(found.map(() => token));
    expect((await Promise.all(claimed)).map(({ state }) => state)).toEqual(claimed.map(() => "fill"));
  });

  it("gives a claim back whose grant it did not hear, so that others need not wait until it is dead", async () => {
    const proxy = await startTcpProxy(test.server.port);
    try {
      const options = { lockAge: "1h" } as const;
      const deaf = await test.openIndex({ ...options, redis: `redis://127.0.0.1:${proxy.port}` });
      const other = await test.openIndex(options);
      // So that Redis knows the scripts.
      await deaf.release(await takeClaim(deaf, whole("/warm")));
      proxy.stallOneWay("back");
      const claimed = deaf.claim(whole("/a"), ANY_AGE);
      const refused = expect(claimed).rejects.toMatchObject({ tag: "DeadlineError" });
      await refused;
      for (;;) {
        const answer = await other.claim(whole("/a"), ANY_AGE);
        if (answer.state === "fill") break;
        await nextTurn();
      }
    } finally {
      await proxy.close();
    }
  });
});

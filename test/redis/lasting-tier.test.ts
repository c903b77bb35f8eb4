import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { forkSupport, nextMessage } from "../support/fork.ts";
import type { ReadOverRedis, ReadOverRedisAnswer } from "../support/read-over-redis.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

const STREAM = "{zc:lasting:0}:s";
const KEYS = ["/a", "/b"];

describe.runIf(await hasRedisServer())("a directory above Redis, read by one process after another", () => {
  const test = serverOfEachTest({ maxBytes: "1 MB", deadline: 5000 });

  /** Processes of two machines, each of which is killed as soon as it has answered. */
  async function machines() {
    const root = await temporaryDirectory();
    const run = async (order: Pick<ReadOverRedis, "value"> & Partial<ReadOverRedis>) => {
      const child = await forkSupport("read-over-redis.ts");
      const ended = once(child, "exit");
      child.send({ redis: test.server.url, shared: join(root, "shared"), keys: KEYS, ...order });
      const answer = await nextMessage<ReadOverRedisAnswer>(child);
      child.kill("SIGKILL");
      await ended;
      return answer;
    };
    const directory = join(root, "own");
    return {
      here: (value: string) => run({ value, directory }),
      elsewhere: (value: string, invalidate: string) => run({ value, invalidate, keys: [] }),
    };
  }

  it("answers from the directory after a restart what nobody has dropped meanwhile", async () => {
    const { here } = await machines();
    expect(await here("old")).toMatchObject({ values: ["old", "old"], reads: KEYS });
    expect(await here("new")).toMatchObject({ values: ["old", "old"], reads: [], directoryHits: 2 });
  });

  it("does not answer what was dropped elsewhere while it was away, and the rest it does", async () => {
    const { here, elsewhere } = await machines();
    await here("old");

    await here("old");
    await elsewhere("new", "/a");
    expect(await here("new")).toMatchObject({ values: ["new", "old"], reads: ["/a"], directoryHits: 1 });
    expect(await here("newer")).toMatchObject({ values: ["new", "old"], reads: [], directoryHits: 2 });
  });

  it("drops all when it was away for longer than the drops are told", async () => {
    const { here, elsewhere } = await machines();
    await here("old");
    await elsewhere("new", "/a");
    await test.server.admin.xtrim(STREAM, "MAXLEN", 0);
    expect(await here("new")).toMatchObject({ values: ["new", "old"], reads: ["/a"], directoryHits: 0 });
  });

  it("drops all when Redis has begun anew meanwhile", async () => {
    const { here } = await machines();
    await here("old");
    await test.server.admin.flushall();
    expect(await here("new")).toMatchObject({ values: ["new", "new"], reads: KEYS, directoryHits: 0 });
  });
});

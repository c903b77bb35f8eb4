import { describe, expect, it } from "vitest";
import { startCluster } from "./cluster/support/cluster.ts";
import type { HowToWait, ServerlessWorkerCalls } from "./cluster/support/serverless-worker.ts";
import { startChild } from "./processes/support/children.ts";
import { makeOrigin } from "./processes/support/origin.ts";
import { until } from "./processes/support/until.ts";
import { hasRedisServer } from "./support/redis-server.ts";

describe.skipIf(!(await hasRedisServer()))("a function that is frozen once it has answered", () => {
  it("leaves what it read to the others, holds nothing up, and goes on when it is called again", async () => {
    const origin = makeOrigin(24, 50_000);
    const keys = [...origin.values.keys()];
    const [read, unread] = [keys.slice(0, 16), keys.slice(16)];
    const { place } = await startCluster(origin);
    const start = () =>
      startChild<ServerlessWorkerCalls>("../../cluster/support/serverless-worker.ts", origin.calls);
    const [frozen, other] = await Promise.all([start(), start()]);
    const how = { fills: "await", idle: true } as const;
    await Promise.all([frozen.call("open", place, how), other.call("open", place, how)]);

    expect(await frozen.call("handle", read, "freeze")).toEqual(read.map(() => 1));
    await frozen.stopped();

    const { claims, entries } = await other.call("usage");
    expect({ claims, entries }, "before anything could expire").toEqual({ claims: 0, entries: read.length });
    expect(await other.call("handle", read, "go on")).toEqual(read.map(() => 1));
    expect([...origin.reads].sort(), "only the frozen one asked").toEqual([...read].sort());
    expect(await other.call("handle", unread, "go on"), "what nobody has read").toEqual(unread.map(() => 1));
    expect(await other.call("verify")).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });

    const changed = read[0] as string;
    const version = origin.change(changed);
    await other.call("invalidate", changed);
    expect(await other.call("handle", [changed], "go on")).toEqual([version]);
    const reads = origin.reads.length;

    frozen.resume();
    const rest = keys.filter((key) => key !== changed);
    expect(await frozen.call("handle", rest, "go on")).toEqual(rest.map(() => 1));
    await until(async () => (await frozen.call("handle", [changed], "go on"))[0] === version);
    expect(origin.reads, "it had what it needed, or found it in the bucket").toHaveLength(reads);
    expect((await other.call("usage")).claims).toBe(0);
    expect(origin.complaints).toEqual([]);
  });

  it.each<[string, HowToWait, boolean]>([
    ['with `fills: "await"` alone', { fills: "await", idle: false }, true],
    ["with `idle()` alone", { fills: "background", idle: true }, true],
    ["with neither, which is what they are for", { fills: "background", idle: false }, false],
  ])("answers when what it read is kept: %s", async (_, how, waits) => {
    const origin = makeOrigin(4, 50_000);
    const keys = [...origin.values.keys()];
    const { harmed, place, s3Proxy } = await startCluster(origin);
    const start = () =>
      startChild<ServerlessWorkerCalls>("../../cluster/support/serverless-worker.ts", origin.calls);
    const [frozen, other] = await Promise.all([start(), start()]);
    await Promise.all([frozen.call("open", harmed, how), other.call("open", place, how)]);
    const writes = () => s3Proxy.requests.filter((request) => request.startsWith("PUT ")).length;

    const release = s3Proxy.hold("PUT");
    let hasAnswered = false;
    const handling = frozen.call("handle", keys, "freeze").then((versions) => {
      hasAnswered = true;
      return versions;
    });
    if (waits) {
      await until(() => writes() === keys.length);
      // It could have answered since: this takes longer.
      await other.call("usage");
      expect(hasAnswered, "while its writes are held").toBe(false);
      release();
    }
    expect(await handling).toEqual(keys.map(() => 1));
    await frozen.stopped();
    const { claims, entries } = await other.call("usage");
    const left = waits ? { claims: 0, entries: keys.length } : { claims: keys.length, entries: 0 };
    expect({ claims, entries }).toEqual(left);
    if (!waits) release();
  });
});

import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RedisConnection } from "../../src/redis/connection.ts";
import { SettlementWaits } from "../../src/redis/settlement-waits.ts";
import { fakeClock } from "../../src/testing/index.ts";

const CHANNEL = "{zc:n:0}:t";
const TOKEN = Buffer.alloc(12, 1);
const DIGITS = TOKEN.toString("hex");
const NEVER = new AbortController().signal;

/** Waits over a connection of which the test says what it hears; subscriptions fail so many times. */
async function listening(failures = 0) {
  const clock = fakeClock();
  let hear: (channel: Buffer, message: Buffer) => void = () => {};
  let subscriptions = 0;
  const connection = {
    status: "ready",
    on: (_: string, listener: typeof hear) => {
      hear = listener;
    },
    async subscribe() {
      if (++subscriptions <= failures) throw new Error("NOPERM");
    },
    disconnect() {},
  };
  const waits = new SettlementWaits(
    async () => connection as Partial<RedisConnection> as RedisConnection,
    clock.timers,
    1000,
  );
  await waits.listen(CHANNEL);
  let isOver = false;
  const wait = (signal = NEVER) => {
    const waiting = waits.wait(CHANNEL, DIGITS, 250, signal).then(() => {
      isOver = true;
    });
    return waiting;
  };
  return {
    clock,
    waits,
    wait,
    subscriptions: () => subscriptions,
    async tell(message: Buffer, channel = CHANNEL) {
      hear(Buffer.from(channel), message);
      await setImmediate();
      return isOver;
    },
  };
}

describe("a wait for a claim", () => {
  it("ends by a message about it, long before its time, and leaves no timer behind", async () => {
    const { wait, tell, clock } = await listening();
    void wait();
    expect(await tell(Buffer.concat([TOKEN, Buffer.from("more")]))).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("ends by a message about all of the shard", async () => {
    const { wait, tell } = await listening();
    void wait();
    expect(await tell(Buffer.from("*"))).toBe(true);
  });

  it("goes on when another claim ended, or one of another shard", async () => {
    const { wait, tell } = await listening();
    void wait();
    expect(await tell(Buffer.alloc(12, 2))).toBe(false);
    expect(await tell(TOKEN, "{zc:n:1}:t")).toBe(false);
  });

  it("ends by its time where no message comes", async () => {
    const { wait, clock } = await listening(1);
    const waiting = wait();
    clock.advance(250);
    await waiting;
    expect(clock.pending).toBe(0);
  });

  it("rejects when its reader leaves", async () => {
    const { wait, clock } = await listening();
    const leaving = new AbortController();
    const waiting = wait(leaving.signal);
    leaving.abort(new Error("left"));
    await expect(waiting).rejects.toThrow("left");
    expect(clock.pending).toBe(0);
  });

  it("listens to a channel once, and again after that failed", async () => {
    const once = await listening();
    await once.waits.listen(CHANNEL);
    expect(once.subscriptions()).toBe(1);
    const again = await listening(1);
    await again.waits.listen(CHANNEL);
    expect(again.subscriptions()).toBe(2);
  });
});

import { expect, it } from "vitest";
import type { Timers } from "../../src/clock.ts";
import { breakWhenSilent } from "../../src/redis/silent-connection.ts";
import { fakeClock } from "../../src/testing/index.ts";

const SILENCE = 1000;

/** A socket of which a test says what has come, and when it was broken. */
class FakeSocket {
  bytesRead = 0;
  broken: string | undefined;

  destroy(error: Error): void {
    this.broken = error.message;
  }
}

function watched() {
  const clock = fakeClock(0);
  const nextTurn: (() => void)[] = [];
  const timers: Timers = {
    set: (callback, milliseconds) =>
      milliseconds === 0 ? nextTurn.push(callback) : clock.timers.set(callback, milliseconds),
    clear: clock.timers.clear,
  };
  /** Lets what is for the next turn happen. */
  const turn = () => {
    for (const callback of nextTurn.splice(0)) callback();
  };
  const pass = (milliseconds: number) => {
    clock.advance(milliseconds);
    turn();
  };
  const client = { stream: new FakeSocket() as FakeSocket | undefined };
  const write = breakWhenSilent(client, SILENCE, timers, clock.now);
  const connect = () => {
    client.stream = new FakeSocket();
    return client.stream;
  };
  return { clock, client, write, connect, turn, pass, first: client.stream as FakeSocket };
}

/** That the connection was kept, and that nobody waits for anything on it. */
function expectAtRest({ first, clock }: ReturnType<typeof watched>): void {
  expect(first.broken).toBeUndefined();
  expect(clock.pending).toBe(0);
}

it("breaks a connection on which nothing came back for that long, however often more is sent", () => {
  const made = watched();
  for (let i = 0; i < 10; i++) {
    made.write();
    made.pass(99);
    expect(made.first.broken).toBeUndefined();
  }
  made.clock.advance(10);
  // Between the time and the turn behind it.
  made.write();
  made.turn();
  expect(made.first.broken).toMatch(/^Socket timeout: .* 1000 ms/);
});

it("never breaks one on which nothing was sent, nor one that answered all that was", () => {
  const made = watched();
  made.pass(10 * SILENCE);
  made.write();
  made.first.bytesRead += 7;
  made.pass(10 * SILENCE);
  expectAtRest(made);
});

it("counts from the first command that nothing came behind", () => {
  const made = watched();
  made.write();
  made.pass(900);
  made.first.bytesRead += 7;
  made.write();
  made.pass(999);
  expect(made.first.broken).toBeUndefined();
  made.pass(1);
  expect(made.first.broken).toBeDefined();
});

it("takes what is read in the turn after the time is up", () => {
  const made = watched();
  made.write();
  made.clock.advance(5 * SILENCE);
  made.first.bytesRead += 7;
  made.turn();
  expectAtRest(made);
});

it("watches the connection that is made behind a broken one, from its own beginning", () => {
  const made = watched();
  made.write();
  made.pass(900);
  const second = made.connect();
  made.write();
  made.pass(999);
  expect([made.first.broken, second.broken]).toEqual([undefined, undefined]);
  made.pass(1);
  expect(made.first.broken).toBeUndefined();
  expect(second.broken).toBeDefined();
});

it("does without a socket while there is none", () => {
  const made = watched();
  made.client.stream = undefined;
  made.write();
  expect(made.clock.pending).toBe(0);
});

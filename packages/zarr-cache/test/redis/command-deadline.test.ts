import { expect, it } from "vitest";
import { giveUpLateCommands } from "../../src/redis/command-deadline.ts";
import { deferred, fakeClock } from "../../src/testing/index.ts";

const DEADLINE = 250;

/** One command of a client, whose answer is the test's, and which is written when the test says so. */
function sendOne() {
  const clock = fakeClock(0);
  const answer = deferred<string>();
  const rejected: string[] = [];
  const command = { reject: (error: Error) => void rejected.push(error.name) };
  const sent: unknown[] = [];
  const client = {
    sendCommand: (...args: readonly unknown[]): unknown => {
      sent.push(args);
      return answer.promise;
    },
  };
  let waiting: (() => void)[] = [];
  giveUpLateCommands(client, DEADLINE, clock.timers, (callback) => void waiting.push(callback));
  const outcome = client.sendCommand(command, "stream") as Promise<string>;
  const write = () => {
    const callbacks = waiting;
    waiting = [];
    for (const callback of callbacks) callback();
  };
  return { clock, answer, command, rejected, sent, outcome, write };
}

it("passes a command on as it is, and gives back its answer, leaving no timer", async () => {
  const { clock, answer, command, rejected, sent, outcome, write } = sendOne();
  expect(sent).toEqual([[command, "stream"]]);
  write();
  answer.resolve("OK");
  expect(await outcome).toBe("OK");
  expect([clock.pending, rejected]).toEqual([0, []]);
});

it("gives up a command so long after it was written, and tells it, for whoever waits for the command itself", async () => {
  const { clock, rejected, outcome, write } = sendOne();
  clock.advance(10 * DEADLINE);
  write();
  clock.advance(DEADLINE - 1);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  // One more turn, for what has arrived.
  write();
  clock.advance(0);
  await expect(outcome).rejects.toMatchObject({ tag: "DeadlineError" });
  expect(rejected).toEqual(["DeadlineError"]);
});

it("lets a command fail for its own reason", async () => {
  const { answer, rejected, outcome, write } = sendOne();
  write();
  answer.reject(new Error("READONLY"));
  await expect(outcome).rejects.toThrow("READONLY");
  expect(rejected).toEqual([]);
});

it("sets no timer for a command that was answered before it counts as written", async () => {
  const { clock, answer, outcome, write } = sendOne();
  answer.resolve("OK");
  await outcome;
  write();
  expect(clock.pending).toBe(0);
});

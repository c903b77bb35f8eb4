import { expect, it } from "vitest";
import { giveUpLateCommands } from "../../src/redis/command-deadline.ts";
import { fakeClock } from "../../src/testing/index.ts";

const DEADLINE = 250;

/** A command that a test answers, and that keeps what it was rejected with. */
class FakeCommand {
  isResolved = false;
  isSettled = false;
  readonly rejected: string[] = [];

  reject(error: Error): void {
    this.rejected.push(error.name);
  }
}

function startDeadline() {
  const clock = fakeClock(0);
  const nextTurn: (() => void)[] = [];
  const written = giveUpLateCommands(
    DEADLINE,
    {
      set: (callback, milliseconds) =>
        milliseconds === 0 ? nextTurn.push(callback) : clock.timers.set(callback, milliseconds),
      clear: clock.timers.clear,
    },
    clock.now,
  );
  /** Writes so many commands in one turn. */
  const write = (count = 1) => {
    const commands = Array.from({ length: count }, () => new FakeCommand());
    written(commands);
    return commands;
  };
  const writeOne = () => write()[0] as FakeCommand;
  /** Lets what is for the next turn happen. */
  const turn = () => {
    for (const callback of nextTurn.splice(0)) callback();
  };
  const pass = (milliseconds: number) => {
    clock.advance(milliseconds);
    turn();
  };
  return { clock, write, writeOne, turn, pass };
}

it("gives up all commands of a turn so long after they were written, and none before", () => {
  const { write, pass } = startDeadline();
  const commands = write(3);
  pass(DEADLINE - 1);
  expect(commands.flatMap(({ rejected }) => rejected)).toEqual([]);
  pass(1);
  expect(commands.map(({ rejected }) => rejected)).toEqual([
    ["DeadlineError"],
    ["DeadlineError"],
    ["DeadlineError"],
  ]);
  pass(10 * DEADLINE);
  expect(commands.flatMap(({ rejected }) => rejected)).toHaveLength(3);
});

it("gives each up in its own time, with one timer for all", () => {
  const { clock, writeOne, pass } = startDeadline();
  const first = writeOne();
  pass(100);
  const second = writeOne();
  expect(clock.pending).toBe(1);
  pass(DEADLINE - 100);
  expect([first.rejected.length, second.rejected.length, clock.pending]).toEqual([1, 0, 1]);
  pass(99);
  expect(second.rejected).toEqual([]);
  pass(1);
  expect([second.rejected, clock.pending]).toEqual([["DeadlineError"], 0]);
});

it("takes an answer that is handed over in the turn after the time is up", () => {
  const { clock, writeOne, turn } = startDeadline();
  const command = writeOne();
  clock.advance(3 * DEADLINE);
  command.isResolved = true;
  turn();
  expect(command.rejected).toEqual([]);
});

it("gives a command whose time is up in that turn one of its own", () => {
  const { clock, writeOne, turn, pass } = startDeadline();
  writeOne();
  clock.advance(10);
  const second = writeOne();
  clock.advance(DEADLINE - 10);
  clock.advance(20);
  turn();
  expect(second.rejected).toEqual([]);
  pass(0);
  expect(second.rejected).toEqual(["DeadlineError"]);
});

it("lets commands be that were answered, and sets no further timer for them", () => {
  const { clock, write, pass } = startDeadline();
  const commands = write(2);
  for (const command of commands) command.isResolved = true;
  pass(DEADLINE);
  expect([commands.flatMap(({ rejected }) => rejected), clock.pending]).toEqual([[], 0]);
});

it("lets a command be that failed for its own reason", () => {
  const { writeOne, pass } = startDeadline();
  const command = writeOne();
  command.isSettled = true;
  pass(DEADLINE);
  expect(command.rejected).toEqual([]);
});

it("gives up one that nothing answers among thousands that are answered", () => {
  const { writeOne, pass } = startDeadline();
  const answered = () => {
    for (let i = 0; i < 1000; i++) writeOne().isResolved = true;
  };
  answered();
  const silent = writeOne();
  answered();
  pass(DEADLINE);
  expect(silent.rejected).toEqual(["DeadlineError"]);
});

it("forgets answered commands before their time is up, without looking at all of them again and again", () => {
  const { writeOne, pass } = startDeadline();
  let looked = 0;
  const writeMany = (isResolved: boolean) => {
    const isSeen = () => {
      looked++;
      return isResolved;
    };
    for (let i = 0; i < 1000; i++) Object.defineProperty(writeOne(), "isResolved", { get: isSeen });
  };
  writeMany(false);
  for (let i = 0; i < 10; i++) writeMany(true);
  expect(looked).toBeLessThan(50_000);
  looked = 0;
  pass(DEADLINE);
  expect(looked).toBeLessThan(10_000);
});

import type { Timers } from "../clock.ts";
import { DeadlineError } from "../errors.ts";

/** A command of ioredis: whether it is over, and how it is told that it is not waited for any more. */
export interface SentCommand {
  readonly isResolved: boolean;
  /** Resolved or rejected; not every version of ioredis tells it. */
  readonly isSettled?: boolean;
  reject(error: Error): void;
}

/** Commands that went out in one turn of the event loop. */
interface WrittenTurn {
  readonly writtenAt: number;
  readonly commands: readonly SentCommand[];
}

/** Turns that are kept before one looks which of them are over. */
const FEW_TURNS = 16;

/**
 * Gives commands up, with `DeadlineError`, that were not answered so long after they were written; what it returns is to
 * be told of those of each turn. One timer runs, for the oldest. ioredis' own `commandTimeout` gives up what has been answered
 * long ago where the process had no turn to hear it: on a busy machine that is every command in flight at once.
 */
export function giveUpLateCommands(
  deadline: number,
  timers: Timers,
  monotonic: () => number,
): (commands: readonly SentCommand[]) => void {
  /** In order of writing; what is over stays until there are too many. */
  let turns: WrittenTurn[] = [];
  let many = FEW_TURNS;
  let isTicking = false;

  const forget = () => {
    turns = turns.filter(({ commands }) => !commands.every(isOver));
    many = Math.max(FEW_TURNS, 2 * turns.length);
  };
  const tick = () => {
    const [oldest] = turns;
    isTicking = oldest !== undefined;
    // As long as an answer may come, the connection keeps the process alive.
    if (oldest) timers.set(look, oldest.writtenAt + deadline - monotonic(), { background: true });
  };
  const look = () => {
    const late = monotonic() - deadline;
    // One more turn, in which answers that have arrived are handed over first.
    timers.set(() => giveUp(late), 0, { background: true });
  };
  const giveUp = (late: number) => {
    for (const { commands } of turns.filter(({ writtenAt }) => writtenAt <= late))
      for (const command of commands)
        if (!isOver(command)) command.reject(new DeadlineError("Redis", deadline));
    turns = turns.filter(({ writtenAt }) => writtenAt > late);
    forget();
    tick();
  };
  return (commands) => {
    turns.push({ writtenAt: monotonic(), commands });
    if (turns.length > many) forget();
    if (!isTicking) tick();
  };
}

function isOver({ isResolved, isSettled }: SentCommand): boolean {
  return isResolved || isSettled === true;
}

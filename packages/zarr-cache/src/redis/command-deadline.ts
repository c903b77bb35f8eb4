import type { Timers } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { isZarrCacheError } from "../errors.ts";
import type { WhenWritten } from "./gathered-writes.ts";

/** A command of ioredis: what sends it can be told that it is not waited for any more. */
export interface SentCommand {
  reject(error: Error): void;
}

/** What sends the commands of a client: a connection of ioredis, in a Cluster each one to a node. */
export interface CommandSender {
  sendCommand(command: SentCommand, ...where: readonly unknown[]): unknown;
}

/**
 * Gives commands up after a deadline, with `DeadlineError`. ioredis' own `commandTimeout` gives up what has been answered
 * long ago where the process had no turn to hear it: on a busy machine that is every command in flight at once. The time
 * counts from when a command was written.
 */
export function giveUpLateCommands(
  sender: CommandSender,
  deadline: number,
  timers: Timers,
  whenWritten: WhenWritten,
): void {
  const timersThen = startedThen(timers, whenWritten);
  const send = sender.sendCommand.bind(sender);
  sender.sendCommand = (command, ...where) => {
    const answer = Promise.resolve(
      withDeadline("Redis", deadline, timersThen, send(command, ...where) as Promise<unknown>),
    );
    // A Cluster waits for the command, and not for what its node makes of it.
    answer.catch((error: unknown) => {
      if (isZarrCacheError(error, "DeadlineError")) command.reject(error);
    });
    return answer;
  };
}

/** A timer that is set once something is written. */
interface LaterTimer {
  timer: unknown;
  isCleared: boolean;
}

function startedThen(timers: Timers, whenWritten: WhenWritten): Timers {
  return {
    set(callback, milliseconds) {
      const later: LaterTimer = { timer: undefined, isCleared: false };
      whenWritten(() => {
        if (!later.isCleared) later.timer = timers.set(callback, milliseconds);
      });
      return later;
    },
    clear(timer) {
      const later = timer as LaterTimer;
      later.isCleared = true;
      timers.clear(later.timer);
    },
  };
}

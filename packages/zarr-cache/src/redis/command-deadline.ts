import type { Timers } from "../clock.ts";
import { withDeadline } from "../deadline.ts";

/** What sends the commands of a client; ioredis' connections are of this form, single or cluster. */
export interface CommandSender {
  sendCommand(...args: readonly unknown[]): unknown;
}

/**
 * Gives commands up after a deadline, with `DeadlineError`. ioredis' own `commandTimeout` gives up what has been answered
 * long ago where the process had no turn to hear it: on a busy machine that is every command in flight at once.
 */
export function giveUpLateCommands(sender: CommandSender, deadline: number, timers: Timers): void {
  const send = sender.sendCommand.bind(sender);
  sender.sendCommand = (...args) => {
    const answer = Promise.resolve(
      withDeadline("Redis", deadline, timers, send(...args) as Promise<unknown>),
    );
    // ioredis sends some commands for itself, and waits for them in other ways.
    answer.catch(() => {});
    return answer;
  };
}

import type { Timers } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { isZarrCacheError } from "../errors.ts";

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
 * long ago where the process had no turn to hear it: on a busy machine that is every command in flight at once.
 */
export function giveUpLateCommands(sender: CommandSender, deadline: number, timers: Timers): void {
  const send = sender.sendCommand.bind(sender);
  sender.sendCommand = (command, ...where) => {
    const answer = Promise.resolve(
      withDeadline("Redis", deadline, timers, send(command, ...where) as Promise<unknown>),
    );
    // A Cluster waits for the command, and not for what its node makes of it.
    answer.catch((error: unknown) => {
      if (isZarrCacheError(error, "DeadlineError")) command.reject(error);
    });
    return answer;
  };
}

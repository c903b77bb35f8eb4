/** A client's socket, as Node's streams are: what is written while it is corked goes out at once when it is uncorked. */
export interface CommandSocket {
  cork(): void;
  uncork(): void;
}

/** A client that writes each command to its socket; ioredis' connections to one server are of this form. */
export interface CommandSender<Command> {
  /** Absent while there is no connection; another one after each. */
  readonly stream?: CommandSocket | undefined;
  sendCommand(command: Command, ...where: readonly unknown[]): unknown;
}

/** Commands that go out in one write. */
export const WRITTEN_TOGETHER = 8;

/**
 * Hands the commands of one turn of the event loop to the system in few writes, and then tells which they were; one that is
 * sent while there is no connection is told of at once. Readers that wait for answers hear many of them at once and ask on
 * in the same turn; a write for each command is a third of what a look-up costs the process. With one write for all of them the
 * server would wait for the whole turn, and the process then for the server: so the first go out while the others are made.
 */
export function gatherWrites<Command>(
  sender: CommandSender<Command>,
  written: (commands: readonly Command[]) => void,
): void {
  const send = sender.sendCommand.bind(sender);
  let corked: CommandSocket | undefined;
  let turn: Command[] = [];
  const endTurn = (socket: CommandSocket) => {
    socket.uncork();
    if (socket !== corked) return;
    corked = undefined;
    const commands = turn;
    turn = [];
    written(commands);
  };
  sender.sendCommand = (command, ...where) => {
    const { stream } = sender;
    if (stream && stream !== corked) {
      corked = stream;
      stream.cork();
      process.nextTick(endTurn, stream);
    }
    const answer = send(command, ...where);
    if (corked === undefined) written([command]);
    else if (turn.push(command) % WRITTEN_TOGETHER === 0) {
      corked.uncork();
      corked.cork();
    }
    return answer;
  };
}

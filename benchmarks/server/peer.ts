import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../test/support/free-port.ts";
import { startTethered } from "../../test/support/tethered-process.ts";

/** A server that is measured. */
export interface Peer {
  /** Of the values: `${url}/data/100000/a`. */
  readonly url: string;
  /** Of its first process, where that is asked for. */
  readonly pid?: number;
  stop(): Promise<void>;
}

/** Starts a program that listens at a port which is chosen for it, and waits until it does. */
export async function startPeer(
  directory: string,
  command: string,
  argsAt: (port: number) => readonly string[] | Promise<readonly string[]>,
): Promise<Peer & { readonly port: number }> {
  const [port = 0] = await freePorts(1);
  const program = startTethered(command, await argsAt(port), { cwd: directory, env: process.env });
  for (let trial = 0; !(await answers(port)); trial++) {
    if (trial > 400) {
      await program.stop();
      throw new Error(`${command} did not start: ${program.output}`);
    }
    await sleep(25);
  }
  return { port, url: `http://127.0.0.1:${port}`, stop: () => program.stop() };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

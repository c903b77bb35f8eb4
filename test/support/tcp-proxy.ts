import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy of the loopback that can fail like a network. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing passes, and nobody is told: the connections stay, as after a cable was cut. New ones work. */
  cut(): void;
  /** As {@link TcpProxy.cut}, and new connections get no answer either until {@link TcpProxy.heal}. */
  stall(): void;
  heal(): void;
  /** From now on everything takes so many milliseconds to pass, each way. */
  delay(milliseconds: number): void;
  /** Lets the next question through, and breaks the connection instead of answering it. Resolves when that happened. */
  loseReply(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy in front of a port of the loopback. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket; isCut: boolean }>();
  let isStalled = false;
  let delayed = 0;
  /** Timers of one length keep the order. */
  const pass = (write: () => unknown) => void (delayed === 0 ? write() : setTimeout(write, delayed));
  let losing: (() => void) | undefined;
  const server = createServer((client) => {
    const pair = { client, server: connect(target, "127.0.0.1"), isCut: isStalled };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      pair.server.destroy();
    };
    client.on("data", (chunk) => {
      if (!pair.isCut) pass(() => pair.server.write(chunk));
    });
    pair.server.on("data", (chunk) => {
      if (pair.isCut) return;
      if (losing === undefined) {
        pass(() => client.write(chunk));
        return;
      }
      const lost = losing;
      losing = undefined;
      end();
      lost();
    });
    for (const socket of [client, pair.server]) socket.on("close", end).on("error", end);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const pair of pairs) pair.isCut = true;
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    stall: () => {
      isStalled = true;
      cut();
    },
    heal: () => {
      isStalled = false;
    },
    delay: (milliseconds) => {
      delayed = milliseconds;
    },
    loseReply: () =>
      new Promise<void>((resolve) => {
        losing = resolve;
      }),
    async close() {
      for (const { client, server: other } of pairs) {
        client.destroy();
        other.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
}

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** One way through a proxy: to the server that it stands before, or back to the client. */
export type Way = "there" | "back";

/** A proxy of the loopback that can fail like a network. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing passes, and nobody is told: the connections stay, as after a cable was cut. New ones work. */
  cut(): void;
  /** As {@link TcpProxy.cut}, and new connections get no answer either until {@link TcpProxy.heal}. */
  stall(): void;
  /** As {@link TcpProxy.stall}, one way only: what goes the other way passes. */
  stallOneWay(way: Way): void;
  heal(): void;
  /** From now on everything takes so many milliseconds to pass, each way. */
  delay(milliseconds: number): void;
  /** Lets the next question through, and breaks the connection instead of answering it. Resolves when that happened. */
  loseReply(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy in front of a port of the loopback. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket; readonly cut: Set<Way> }>();
  const stalled = new Set<Way>();
  let delayed = 0;
  /** Timers of one length keep the order. */
  const pass = (write: () => unknown) => void (delayed === 0 ? write() : setTimeout(write, delayed));
  let losing: (() => void) | undefined;
  const server = createServer((client) => {
    const pair = { client, server: connect(target, "127.0.0.1"), cut: new Set(stalled) };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      pair.server.destroy();
    };
    client.on("data", (chunk) => {
      if (!pair.cut.has("there")) pass(() => pair.server.write(chunk));
    });
    pair.server.on("data", (chunk) => {
      if (pair.cut.has("back")) return;
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
  const cut = (...ways: Way[]) => {
    for (const pair of pairs) for (const way of ways) pair.cut.add(way);
  };
  const stall = (...ways: Way[]) => {
    for (const way of ways) stalled.add(way);
    cut(...ways);
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => cut("there", "back"),
    stall: () => stall("there", "back"),
    stallOneWay: (way) => stall(way),
    heal: () => stalled.clear(),
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

import type { Timers } from "../clock.ts";
import type { WhenWritten } from "./gathered-writes.ts";

/** What is watched of a client of ioredis: the socket that it has at the moment, and that it sends something. */
export interface WatchedClient {
  readonly stream?: { readonly bytesRead: number; destroy(error: Error): unknown } | undefined;
  sendCommand(...args: readonly unknown[]): unknown;
}

/**
 * Breaks a connection on which something was sent and nothing at all has come back for so long, as after a cable was cut;
 * the client then makes it anew. ioredis' own `socketTimeout` breaks those as well on which answers have come that the
 * process had no turn to read: on a busy machine every connection that it has.
 */
export function breakWhenSilent(
  client: WatchedClient,
  milliseconds: number,
  timers: Timers,
  monotonic: () => number,
  whenWritten: WhenWritten,
): void {
  const send = client.sendCommand.bind(client);
  let watched: WatchedClient["stream"];
  /** Bytes that had come when the first command was sent that nothing came behind, and when that was. */
  let bytesThen = 0;
  let since = 0;
  let isTicking = false;

  const watch = () => {
    const { stream } = client;
    if (stream === undefined || (isTicking && stream === watched && stream.bytesRead === bytesThen)) return;
    watched = stream;
    bytesThen = stream.bytesRead;
    since = monotonic();
    if (!isTicking) tick(milliseconds, false);
  };
  const tick = (pause: number, isLast: boolean) => {
    isTicking = true;
    timers.set(() => look(isLast), pause, { background: true });
  };
  const look = (isLast: boolean) => {
    isTicking = false;
    if (watched?.bytesRead !== bytesThen) return;
    const left = since + milliseconds - monotonic();
    if (left > 0) tick(left, false);
    // One more turn, in which what has arrived is read first.
    else if (!isLast) tick(0, true);
    else watched.destroy(new Error(`Socket timeout: nothing came back for ${milliseconds} ms.`));
  };
  client.sendCommand = (...args) => {
    const answer = send(...args);
    whenWritten(watch);
    return answer;
  };
}

import type { Timers } from "../clock.ts";

/** What is watched of a client of ioredis: the socket that it has at the moment. */
export interface WatchedClient {
  readonly stream?: { readonly bytesRead: number; destroy(error: Error): unknown } | undefined;
}

/**
 * Breaks a connection on which something was sent and nothing at all has come back for so long, as after a cable was cut;
 * the client then makes it anew. What it returns is called when something was written. ioredis' own `socketTimeout` breaks
 * those as well on which answers have come that the process had no turn to read: on a busy machine every connection that it
 * has.
 */
export function breakWhenSilent(
  client: WatchedClient,
  milliseconds: number,
  timers: Timers,
  monotonic: () => number,
): () => void {
  let watched: WatchedClient["stream"];
  /** Bytes that had come when the first command was sent that nothing came behind, and when that was. */
  let bytesThen = 0;
  let since = 0;
  let isTicking = false;

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
  return () => {
    const { stream } = client;
    if (stream === undefined || (isTicking && stream === watched && stream.bytesRead === bytesThen)) return;
    watched = stream;
    bytesThen = stream.bytesRead;
    since = monotonic();
    if (!isTicking) tick(milliseconds, false);
  };
}

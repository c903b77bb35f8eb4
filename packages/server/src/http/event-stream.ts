/** One event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: number;
}

/** Events that wait for a slow reader; beyond that they are left out. */
const MOST_WAITING = 1000;
/** How often a line is sent although nothing happens, so that nobody on the way gives the connection up. */
const KEEP_ALIVE = 15_000;

/**
 * Answers with events as they come (HTML Standard, §9.2 Server-sent events), until the reader leaves, `ending` is aborted
 * or `begin` says that there are no more. `begin` gets a function to send with, and returns the way to stop.
 */
export function eventStream(
  ending: AbortSignal,
  begin: (send: (event: StreamEvent) => void, end: () => void) => () => void,
): Response {
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOver = false;
        let leftOut = 0;
        const write = (text: string) => controller.enqueue(new TextEncoder().encode(text));
        const send = (event: StreamEvent) => {
          if (isOver) return;
          if ((controller.desiredSize ?? 0) <= 0) {
            leftOut++;
            return;
          }
          if (leftOut > 0) write(format({ event: "left-out", data: { events: leftOut } }));
          leftOut = 0;
          write(format(event));
        };
        const end = () => {
          if (isOver) return;
          stop();
          controller.close();
        };
        const timer = setInterval(() => write(":\n\n"), KEEP_ALIVE);
        timer.unref();
        ending.addEventListener("abort", end, { once: true });
        let leave = () => {};
        stop = () => {
          isOver = true;
          clearInterval(timer);
          ending.removeEventListener("abort", end);
          leave();
        };
        write(":\n\n");
        leave = begin(send, end);
        if (isOver) leave();
        if (ending.aborted) end();
      },
      cancel() {
        stop();
      },
    },
    { highWaterMark: MOST_WAITING },
  );
  return new Response(body, {
    headers: {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
      "X-Content-Type-Options": "nosniff",
    },
  });
}

function format({ event, data, id }: StreamEvent): string {
  const numbered = id === undefined ? "" : `id: ${id}\n`;
  return `${numbered}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

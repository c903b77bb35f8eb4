import { expect, it, vi } from "vitest";
import { eventStream, type StreamEvent } from "../../src/http/event-stream.ts";

/** A stream, the way to send into it, and how often it was stopped. */
function streaming() {
  const ending = new AbortController();
  const parts = { send: (_: StreamEvent) => {}, end: () => {}, stops: 0 };
  const answer = eventStream(ending.signal, (send, end) => {
    Object.assign(parts, { send, end });
    return () => void parts.stops++;
  });
  return { answer, parts, ending };
}

it("sends events as they are written: HTML §9.2.5", async () => {
  const { answer, parts } = streaming();
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  parts.send({ event: "evict", data: { entries: 2 } });
  parts.send({ event: "fault", data: "a\nb", id: 7 });
  parts.end();
  expect(await answer.text()).toBe(
    ':\n\nevent: evict\ndata: {"entries":2}\n\nid: 7\nevent: fault\ndata: "a\\nb"\n\n',
  );
  expect(parts.stops).toBe(1);
});

it("leaves out what a reader is too slow for, and tells how much that was", async () => {
  const { answer, parts } = streaming();
  for (let n = 0; n < 1500; n++) parts.send({ event: "evict", data: n });
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const texts: string[] = [];
  const read = async () => texts.push(new TextDecoder().decode((await reader.read()).value));
  while (texts.length < 1000) await read();
  parts.send({ event: "evict", data: "again" });
  await read();
  await read();
  expect(texts.slice(-3)).toEqual([
    "event: evict\ndata: 998\n\n",
    'event: left-out\ndata: {"events":501}\n\n',
    'event: evict\ndata: "again"\n\n',
  ]);
  await reader.cancel();
  expect(parts.stops).toBe(1);
});

it("says something every quarter of a minute, until its reader leaves", async () => {
  vi.useFakeTimers();
  try {
    const { answer, parts } = streaming();
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const read = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toBe(":\n\n");
    const next = read();
    vi.advanceTimersByTime(15_000);
    expect(await next).toBe(":\n\n");
    expect(vi.getTimerCount()).toBe(1);
    await reader.cancel();
    expect([vi.getTimerCount(), parts.stops]).toEqual([0, 1]);
  } finally {
    vi.useRealTimers();
  }
});

it("ends with what it tells of, also where that has ended already", async () => {
  const { answer, parts, ending } = streaming();
  ending.abort();
  expect(await answer.text()).toBe(":\n\n");
  parts.send({ event: "late", data: 1 });
  expect(parts.stops).toBe(1);
  const late = eventStream(ending.signal, (send) => {
    send({ event: "job", data: "last" });
    return () => {};
  });
  expect(await late.text()).toBe(':\n\nevent: job\ndata: "last"\n\n');
});

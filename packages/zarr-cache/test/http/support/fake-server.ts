import { HttpSource } from "../../../src/http/http-source.ts";
import type { HttpSourceOptions } from "../../../src/http/request-settings.ts";
import { type FakeClock, fakeClock } from "../../../src/testing/index.ts";

/** Answers a request; `n` counts from 1. */
export type Answer = (request: Request, n: number) => Response | Promise<Response>;

/** A source over a `fetch` that the test answers, on a clock that stands still. */
export interface FakeServer {
  readonly source: HttpSource;
  readonly clock: FakeClock;
  /** Every request, in order. */
  readonly requests: readonly Request[];
  /** Another source of the same server. */
  again(options?: HttpSourceOptions): HttpSource;
}

let servers = 0;

/** Makes a server of its own host, since what is known of a server is shared by the process. */
export function fakeServer(answer: Answer, options: HttpSourceOptions = {}): FakeServer {
  const clock = fakeClock();
  const requests: Request[] = [];
  const host = `https://server${++servers}.example`;
  const again = (more: HttpSourceOptions = {}) =>
    new HttpSource(`${host}/era5.zarr`, {
      fetch: async (request) => answer(request, requests.push(request)),
      clock: clock.now,
      timers: clock.timers,
      random: () => 0.5,
      ...options,
      ...more,
    });
  return { source: again(), clock, requests, again };
}

/** An answer with bytes and their length. */
export function ok(bytes: Uint8Array, headers: Record<string, string> = {}): Response {
  return new Response(new Uint8Array(bytes), {
    headers: { "content-length": String(bytes.byteLength), ...headers },
  });
}

/** Answers a range of a value as a good server does. */
export function serve(
  value: Uint8Array,
  request: Request,
  { suffixes = true, ...headers }: { suffixes?: boolean } & Record<string, string | boolean> = {},
): Response {
  const told = headers as Record<string, string>;
  const size = value.byteLength;
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
  if (request.method === "HEAD")
    return new Response(null, { headers: { "content-length": String(size), ...told } });
  if ((from === "" && to === "") || (from === "" && !suffixes)) return ok(value, told);
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" ? size : Math.min(Number(to) + 1, size);
  if (start >= end)
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
  return new Response(value.slice(start, end), {
    status: 206,
    headers: {
      "content-range": `bytes ${start}-${end - 1}/${size}`,
      "content-length": String(end - start),
      ...told,
    },
  });
}

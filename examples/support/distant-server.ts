import { readFile } from "node:fs/promises";

/** What the server was asked for, in order: `GET /coads_blosc.zarr/SST/0.0.0`. */
export const requests: string[] = [];

/**
 * Stands in for a distant server, so that the examples run offline: answers `https://data.example/…` from the
 * fixtures, with ranges as zarrita's FetchStore sends them. Yours is the ordinary `fetch`.
 */
export async function distantServer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
  requests.push(`${request.method} ${pathname}${range ? ` ${range[0]}` : ""}`);
  const file = await readFile(new URL(`../../test/fixtures${pathname}`, import.meta.url)).catch(
    () => undefined,
  );
  if (!file) return new Response(null, { status: 404 });
  const headers = { "content-length": String(file.length) };
  if (request.method === "HEAD") return new Response(null, { headers });
  if (!range) return new Response(new Uint8Array(file), { headers });
  return new Response(new Uint8Array(file.subarray(Number(range[1]), Number(range[2]) + 1)), { status: 206 });
}

import type { Traffic } from "./origin.ts";

/** A `fetch` that counts requests and the bytes of the bodies that came back. */
export interface MeteredFetch {
  (request: Request): Promise<Response>;
  traffic(): Traffic;
}

export function meteredFetch(): MeteredFetch {
  let requests = 0;
  let bytes = 0;
  const fetchAndCount = async (request: Request): Promise<Response> => {
    requests += 1;
    const response = await fetch(request);
    // Only bodies are counted, and only here is one read twice: HEAD has none.
    if (request.method === "HEAD" || !response.body) return response;
    const body = await response.arrayBuffer();
    bytes += body.byteLength;
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
  return Object.assign(fetchAndCount, { traffic: () => ({ requests, bytes }) });
}

import { pathOf } from "./store-path.ts";

/** What answers depend on of a request, whether it came as a `Request` or over a connection of Node. */
export interface Asked {
  readonly method: string;
  /** The target as it was sent, where that is known. */
  readonly target: string;
  /** Its path, without query and fragment. */
  readonly path: string;
  /** The name that the server was asked under, in lower case and without port. */
  readonly host: string;
  readonly headers: Pick<Headers, "get">;
  /** Address of who is at the other end of the connection; `undefined` where that is not known. */
  readonly peer: string | undefined;
  /** Aborted when the client leaves. Made when it is first asked for. */
  readonly signal: AbortSignal;
}

/** What of Node's request is known besides the `Request`. */
interface Incoming {
  readonly url?: string | undefined;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** A `Request`, as answers see it; `incoming` is what Node made of it, where it was Node. */
export function askedBy(request: Request, incoming?: Incoming): Asked {
  const { url, method, headers } = request;
  const path = pathOf(url);
  return {
    method,
    headers,
    path,
    target: incoming?.url ?? path,
    host: hostOf(url),
    peer: incoming?.socket.remoteAddress,
    get signal() {
      return request.signal;
    },
  };
}

/** A name without its port. */
export function withoutPort(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}

function hostOf(url: string): string {
  const start = url.indexOf("//") + 2;
  return withoutPort(url.slice(start, url.indexOf("/", start)));
}

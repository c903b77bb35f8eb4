import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import type { Asked } from "../http/asked.ts";
import { problemAnswer } from "../http/problem.ts";
import { wrongTarget } from "./request-target.ts";
import { clientOf, TokenBuckets } from "./token-buckets.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Stands before every answer: refuses what no honest client sends, what pages of other sites make a browser send, and more
 * than the limits allow.
 */
export class Guard {
  readonly #context: Pick<ServerContext, "limits" | "clock" | "hosts" | "clientAddress">;
  readonly #buckets: TokenBuckets | undefined;
  #inFlight = 0;

  constructor(context: Pick<ServerContext, "limits" | "clock" | "hosts" | "clientAddress">) {
    this.#context = context;
    const { ratePerSecond, burst } = context.limits;
    this.#buckets = ratePerSecond === undefined ? undefined : new TokenBuckets(ratePerSecond, burst);
  }

  /** The answer to a request that is refused; `undefined` where it may go on, between {@link enter} and {@link leave}. */
  refusal(asked: Asked): Answer | undefined {
    const { limits, hosts } = this.#context;
    const refused = malformed(asked.target, limits.maxUrlBytes) ?? strange(asked, hosts);
    if (refused !== undefined) return refused;
    return isProbe(asked.path) ? undefined : this.#tooMany(asked);
  }

  enter(): void {
    this.#inFlight++;
  }

  leave(): void {
    this.#inFlight--;
  }

  #tooMany(asked: Asked): Answer | undefined {
    const { limits, clock, clientAddress } = this.#context;
    if (this.#buckets !== undefined) {
      const wait = this.#buckets.take(clientOf(clientAddress?.(asked) ?? asked.peer), clock());
      if (wait > 0)
        return problemAnswer(429, "This client sends more requests than this server takes of one.", {
          "Retry-After": String(Math.ceil(wait / 1000)),
        });
    }
    if (this.#inFlight < limits.maxInFlight) return undefined;
    return problemAnswer(503, "This server has as many requests as it takes; try again.", {
      "Retry-After": "1",
    });
  }
}

function malformed(target: string, maxUrlBytes: number): Answer | undefined {
  if (target.length > maxUrlBytes)
    return problemAnswer(414, `URLs of up to ${maxUrlBytes} characters are taken.`);
  const wrong = wrongTarget(target);
  return wrong === undefined ? undefined : problemAnswer(400, wrong);
}

/** What a page of another site makes a browser send: under another name of this server, or to change something. */
function strange(
  { host, method, headers }: Asked,
  hosts: ReadonlySet<string> | undefined,
): Answer | undefined {
  if (hosts !== undefined && !hosts.has(host))
    return problemAnswer(
      421,
      "This server is not known by that name; add it to `hosts` of its configuration.",
    );
  if (SAFE.has(method) || headers.get("authorization") !== null) return undefined;
  const site = headers.get("sec-fetch-site");
  return site === "cross-site" || site === "same-site"
    ? problemAnswer(403, "Pages of other sites change nothing here without a token.")
    : undefined;
}

/** Compared, since a look-up would have to hash every path. */
function isProbe(path: string): boolean {
  return path === "/healthz" || path === "/readyz";
}

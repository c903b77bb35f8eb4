import { AttemptFailure } from "./attempt-failure.ts";
import { discardBody } from "./body.ts";
import { orAbort } from "./linked-abort.ts";

/**
 * What to do when a server sends us elsewhere: go only where the source's own server is, anywhere, or nowhere.
 * Nothing that the options add to a request goes to another server, and no redirect leaves `https:` for `http:`.
 */
export type RedirectPolicy = "same-origin" | "follow" | "error";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;

/** What it takes to send a request. */
export interface Sending {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly policy: RedirectPolicy;
  readonly signal: AbortSignal;
  /** Makes the request for a URL; `own` when it goes to the source's own server, so that it may carry secrets. */
  request(url: URL, own: boolean, redirect: RequestRedirect): Promise<Request>;
  /** Whether requests carry anything that no other server may see. */
  readonly hasSecrets: boolean;
}

/** Sends a request and follows where the answer points, as far as the policy allows. */
export async function fetchFollowing(url: URL, sending: Sending): Promise<Response> {
  const { signal } = sending;
  const send = async (to: URL, redirect: RequestRedirect) => {
    const request = await sending.request(to, to.origin === url.origin, redirect);
    return orAbort(sending.fetch(request), signal, (late) => void late.body?.cancel().catch(() => {}));
  };
  let at = url;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const response = await send(at, "manual");
    if (response.type === "opaqueredirect") return followInBrowser(url, sending, send);
    if (!REDIRECTS.has(response.status)) return response;
    const location = response.headers.get("location");
    await discardBody(response, signal);
    const next = location === null ? null : parse(location, at);
    if (next === null) throw refused("to nowhere: the answer has no usable Location", response.status);
    check(url, at, next, sending.policy, response.status);
    at = next;
  }
  throw refused(`more than ${MOST_REDIRECTS} times; it seems to go round in circles`, undefined);
}

/** A browser does not show where a redirect leads, so it has to follow by itself; we look where it went. */
async function followInBrowser(
  url: URL,
  sending: Sending,
  send: (to: URL, redirect: RequestRedirect) => Promise<Response>,
): Promise<Response> {
  if (sending.policy === "error") throw refused('elsewhere, and `redirects` is "error"', undefined);
  if (sending.hasSecrets)
    throw refused(
      "elsewhere, where a browser would take headers along that are meant for this server alone; use the final URL",
      undefined,
    );
  const response = await send(url, "follow");
  const end = new URL(response.url || url);
  try {
    check(url, url, end, sending.policy, response.status);
  } catch (error) {
    response.body?.cancel().catch(() => {});
    throw error;
  }
  return response;
}

function check(from: URL, at: URL, to: URL, policy: RedirectPolicy, status: number): void {
  const where = `to ${to.origin}${to.pathname}`;
  if (to.protocol !== "http:" && to.protocol !== "https:") throw refused(`to a ${to.protocol} URL`, status);
  if (to.username !== "" || to.password !== "")
    throw refused(`${where}, with credentials in the URL`, status);
  if (at.protocol === "https:" && to.protocol === "http:")
    throw refused(`${where}, which is not encrypted`, status);
  if (policy === "error") throw refused(`${where}, and \`redirects\` is "error"`, status);
  if (policy === "same-origin" && to.origin !== from.origin)
    throw refused(`${where}; use that URL, or \`redirects: "follow"\` if you trust it`, status);
}

function refused(where: string, status: number | undefined): AttemptFailure {
  return new AttemptFailure(`the server redirects ${where}`, {
    retry: false,
    ...(status !== undefined && { status }),
  });
}

function parse(location: string, base: URL): URL | null {
  try {
    return new URL(location, base);
  } catch {
    return null;
  }
}

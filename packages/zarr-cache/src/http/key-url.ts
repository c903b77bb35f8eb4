import type { Key } from "../key.ts";

/** Parameters of a query that give access, and so are no part of what a source is. Compared in lower case. */
const SECRET_PARAMETERS =
  /^(?:x-amz-.*|x-goog-.*|awsaccesskeyid|googleaccessid|signature|expires|policy|key-pair-id|sig|se|sp|spr|st|sv|sr|ske|sks|skt|sktid|skv|skoid|token|access_?token|auth|authorization|api_?key|apikey|subscription-key|key|password|secret)$/;

/** Where the keys of a source are, and how that is told to people. */
export class KeyUrls {
  /** Without credentials, secret parameters and a slash at the end. */
  readonly identity: string;
  readonly origin: string;
  /** `Basic` credentials that the URL carried. */
  readonly authorization: string | undefined;
  readonly #base: URL;
  readonly #shownQuery: string;

  constructor(url: URL, secretParameters: readonly string[]) {
    const base = new URL(url);
    const { username, password } = base;
    this.authorization =
      username === "" && password === "" ? undefined : basic(decoded(username), decoded(password));
    base.username = "";
    base.password = "";
    base.hash = "";
    base.pathname = base.pathname.replace(/\/+$/, "");
    const shown = new URL(base);
    const secret = new Set(secretParameters.map((name) => name.toLowerCase()));
    for (const name of [...shown.searchParams.keys()])
      if (secret.has(name.toLowerCase()) || SECRET_PARAMETERS.test(name.toLowerCase()))
        shown.searchParams.delete(name);
    this.#base = base;
    this.#shownQuery = shown.search;
    this.origin = base.origin;
    this.identity = `${base.origin}${base.pathname.replace(/\/$/, "")}${shown.search}`;
  }

  /** The URL that a key is read from; the query of the source's URL goes with every key. */
  of(key: Key): URL {
    const url = new URL(this.#base);
    url.pathname = this.#path(key);
    return url;
  }

  /** The same as text without secrets, for messages. */
  shown(key: Key): string {
    return `${this.origin}${this.#path(key)}${this.#shownQuery}`;
  }

  #path(key: Key): string {
    return this.#base.pathname.replace(/\/$/, "") + key.split("/").map(encodeSegment).join("/");
  }
}

/** Leaves what RFC 3986 §3.3 allows in a segment as it is, but for `+`, which some servers take for a blank. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/%(?:3A|40|24|26|2C|3B|3D)/g, decodeURIComponent);
}

/** A name or password of a URL, which may hold a `%` that encodes nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

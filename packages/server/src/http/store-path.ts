/** What the path of a URL names: a store and what is in it. */
export type StorePath =
  | { readonly kind: "key"; readonly id: string; readonly key: `/${string}` }
  /** A path that ends with a slash: what is listed. */
  | { readonly kind: "directory"; readonly id: string; readonly path: `/${string}` }
  | { readonly kind: "invalid"; readonly reason: string };

const INVALID: Readonly<Record<string, StorePath>> = {
  encoding: { kind: "invalid", reason: "The path is not valid percent-encoded UTF-8." },
  slash: { kind: "invalid", reason: "A segment of the path has an encoded slash." },
  twice: { kind: "invalid", reason: "The path is percent-encoded twice." },
};

/**
 * Reads the path of a URL behind `/stores/`. Each segment is decoded once. Segments that mean other ones (`.`, `..`,
 * encoded or twice encoded slashes) are refused, never resolved; what else makes no key is left to the store to refuse.
 */
export function parseStorePath(pathname: string): StorePath {
  const raw = pathname.slice("/stores/".length);
  const slash = raw.indexOf("/");
  if (slash < 0) return { kind: "directory", id: raw, path: "/" };
  const id = raw.slice(0, slash);
  const rest = raw.slice(slash);
  const decoded = rest.includes("%") ? decodeSegments(rest) : rest;
  if (typeof decoded !== "string") return decoded;
  if (decoded.endsWith("/")) return { kind: "directory", id, path: decoded as `/${string}` };
  return { kind: "key", id, key: decoded as `/${string}` };
}

/** The path of a URL as it was sent, without query and fragment. */
export function pathOf(url: string): string {
  return pathIn(url.slice(url.indexOf("/", url.indexOf("//") + 2)));
}

/** The path of a target that begins with one: it ends before the first `?` or `#` (RFC 3986 §3.3). */
export function pathIn(target: string): string {
  const fragment = target.indexOf("#");
  const rest = fragment < 0 ? target : target.slice(0, fragment);
  const query = rest.indexOf("?");
  return query < 0 ? rest : rest.slice(0, query);
}

function decodeSegments(path: string): string | StorePath {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    let decoded: string;
    try {
      decoded = decodeURIComponent(segment);
    } catch {
      return INVALID["encoding"] as StorePath;
    }
    if (decoded.includes("/")) return INVALID["slash"] as StorePath;
    if (/%(?:2[ef]|5c|00|25)/i.test(decoded)) return INVALID["twice"] as StorePath;
    segments.push(decoded);
  }
  return segments.join("/");
}

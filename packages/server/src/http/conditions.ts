/** What the conditions of a request are compared with. */
export interface Selected {
  /** The strong tag of what would be answered, if it has one. */
  readonly tag: string | undefined;
  /** Its date, if it has one. */
  readonly lastModified: string | undefined;
}

/**
 * Evaluates the conditions of a request in the order of RFC 9110 §13.2.2. `selected` is `undefined` where there is
 * nothing to be answered.
 */
export function evaluate(
  headers: Pick<Headers, "get">,
  method: string,
  selected: Selected | undefined,
): "go-on" | "not-modified" | "failed" {
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null) {
    if (!matches(ifMatch, selected, true)) return "failed";
  } else {
    const since = parseDate(headers.get("if-unmodified-since"));
    const modified = parseDate(selected?.lastModified ?? null);
    if (since !== undefined && modified !== undefined && modified > since) return "failed";
  }
  const isRead = method === "GET" || method === "HEAD";
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) {
    if (matches(ifNoneMatch, selected, false)) return isRead ? "not-modified" : "failed";
  } else if (isRead) {
    const since = parseDate(headers.get("if-modified-since"));
    const modified = parseDate(selected?.lastModified ?? null);
    if (since !== undefined && modified !== undefined && modified <= since) return "not-modified";
  }
  return "go-on";
}

/** Whether a range may be answered as such, by `If-Range` (RFC 9110 §13.1.5); strong comparison. */
export function mayAnswerRange(ifRange: string | null, tag: string | undefined): boolean {
  // A date would have to be strong, which one-second clocks cannot promise: the whole is always right.
  return ifRange === null || (tag !== undefined && ifRange.trim() === tag);
}

function matches(list: string, selected: Selected | undefined, strong: boolean): boolean {
  if (selected === undefined) return false;
  if (list.trim() === "*") return true;
  const { tag } = selected;
  if (tag === undefined) return false;
  for (const [, weak, opaque] of list.matchAll(/(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g))
    if (opaque === tag && !(strong && weak !== undefined)) return true;
  return false;
}

/** Milliseconds; `undefined` for what is no date, which is then ignored (RFC 9110 §13.1.3). */
function parseDate(date: string | null): number | undefined {
  const milliseconds = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

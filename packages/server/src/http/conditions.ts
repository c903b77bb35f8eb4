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
    const times = compared(headers.get("if-unmodified-since"), selected);
    if (times !== undefined && times.modified > times.since) return "failed";
  }
  const isRead = method === "GET" || method === "HEAD";
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) {
    if (matches(ifNoneMatch, selected, false)) return isRead ? "not-modified" : "failed";
  } else if (isRead) {
    const times = compared(headers.get("if-modified-since"), selected);
    if (times !== undefined && times.modified <= times.since) return "not-modified";
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

/** The date of a condition and that of what would be answered; `undefined` without one of them, since it is then ignored. */
function compared(
  condition: string | null,
  selected: Selected | undefined,
): { readonly since: number; readonly modified: number } | undefined {
  // Mostly nobody asks, and no date is read.
  if (condition === null || selected?.lastModified === undefined) return undefined;
  const [since, modified] = [Date.parse(condition), Date.parse(selected.lastModified)];
  // What is no date is ignored as well: RFC 9110 §13.1.3.
  return Number.isNaN(since) || Number.isNaN(modified) ? undefined : { since, modified };
}

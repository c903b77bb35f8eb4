import { isEncoded } from "./content-codings.ts";
import { parseContentLength, parseContentRange, parseUnsatisfiedRange } from "./content-range.ts";
import { isSameVersion, validatorOf } from "./validators.ts";

/** What was asked of a server, as far as the answer depends on it. */
export interface Asked {
  readonly range?: { readonly offset: number; readonly length: number } | { readonly suffixLength: number };
  /** The version that the bytes must belong to. */
  readonly ifMatch?: string | undefined;
  /** The version that is at hand. */
  readonly ifNoneMatch?: string | undefined;
  /** Statuses that say for certain that there is no value. */
  readonly missing: readonly number[];
}

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
  /** Whether a browser may have hidden headers from us (`Response.type` is `cors`). */
  readonly hidden: boolean;
}

/** What the head of an answer means for what was asked. */
export type Verdict =
  | { readonly kind: "missing" | "unchanged" }
  /** The whole value; `length` bytes will come, if that is known. */
  | { readonly kind: "whole"; readonly length: number | undefined }
  /** The bytes asked for, less what lies behind the end of the value. */
  | { readonly kind: "part"; readonly length: number; readonly size: number | undefined }
  /** The range has no bytes in the value. */
  | { readonly kind: "beyond"; readonly size: number | undefined }
  /** The server does not do this kind of range; `size` is that of the value, if it said so. */
  | { readonly kind: "no-suffix"; readonly size: number | undefined }
  | { readonly kind: "changed"; readonly found: string | undefined }
  | { readonly kind: "not-zarr"; readonly found: string }
  | { readonly kind: "failure"; readonly reason: string; readonly retry: boolean };

/** 5xx that say "never" rather than "not now". */
const LASTING = [501, 505];

/**
 * Says what an answer is before its body is read, by RFC 9110. What is not certainly the bytes asked for is a failure:
 * never data.
 */
export function judgeAnswer(asked: Asked, head: AnswerHead, now: number): Verdict {
  const { status, headers } = head;
  if (asked.missing.includes(status)) return { kind: "missing" };
  if (status === 304)
    return asked.ifNoneMatch === undefined
      ? failure("the server says that nothing has changed, which it was not asked (304)")
      : { kind: "unchanged" };
  const found = validatorOf(headers, now);
  if (status === 412 && asked.ifMatch !== undefined) return { kind: "changed", found };
  const unsatisfied = status === 416 ? asked.range : undefined;
  if (unsatisfied === undefined && status !== 200 && status !== 206)
    return { kind: "failure", ...judgeStatus(status) };
  // RFC 9110 §15.3.7: an answer with a part names the version that the whole would have named.
  if (asked.ifMatch !== undefined && found !== undefined && isSameVersion(asked.ifMatch, found) === false)
    return { kind: "changed", found };
  if (unsatisfied !== undefined) return judgeUnsatisfied(unsatisfied, headers);
  if (/^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type") ?? ""))
    return { kind: "not-zarr", found: "a page of HTML" };
  if (status === 200)
    return {
      kind: "whole",
      length: isEncoded(headers) ? undefined : parseContentLength(headers.get("content-length")),
    };
  return judgePart(asked, head);
}

/** RFC 9110 §15.3.7. */
function judgePart({ range }: Asked, { headers, hidden }: AnswerHead): Verdict {
  if (range === undefined) return failure("part of the value came, though the whole was asked for (206)");
  if (/^\s*multipart\//i.test(headers.get("content-type") ?? ""))
    return failure("several ranges came, though one was asked for (206)");
  if (isEncoded(headers))
    return failure(
      "the range was compressed on its way, so that nobody can tell which bytes these are (206)",
    );
  const length = parseContentLength(headers.get("content-length"));
  const header = headers.get("content-range");
  const most = "suffixLength" in range ? range.suffixLength : range.length;
  if (header === null && hidden && length === most) return { kind: "part", length, size: undefined };
  const place = parseContentRange(header);
  if (place === undefined)
    return failure(
      header === null
        ? `the answer does not say which bytes it holds (206 without Content-Range)${hidden ? "; the server must expose that header to other sites" : ""}`
        : `the answer does not say which bytes it holds (206 with Content-Range "${header}")`,
    );
  const { start, end, size } = place;
  const isRight =
    "suffixLength" in range
      ? size !== undefined && end === size && start === Math.max(0, size - range.suffixLength)
      : start === range.offset &&
        end === Math.min(range.offset + range.length, size ?? Number.POSITIVE_INFINITY);
  if (!isRight) return failure(`other bytes came than were asked for (206 with Content-Range "${header}")`);
  if (length !== undefined && length !== end - start)
    return failure(`the answer has ${length} bytes, but says that it holds "${header}"`, true);
  return { kind: "part", length: end - start, size };
}

/** RFC 9110 §15.5.17. */
function judgeUnsatisfied(range: NonNullable<Asked["range"]>, headers: Headers): Verdict {
  const size = parseUnsatisfiedRange(headers.get("content-range"));
  // Any suffix of a value that has bytes can be satisfied (§14.1.2).
  if ("suffixLength" in range) return size === 0 ? { kind: "beyond", size } : { kind: "no-suffix", size };
  if (size !== undefined && range.offset < size)
    return failure(`the server refuses bytes from ${range.offset} of a value of ${size} bytes (416)`);
  return { kind: "beyond", size };
}

function judgeStatus(status: number): { readonly reason: string; readonly retry: boolean } {
  if (status === 401 || status === 403)
    return {
      reason: `the server refuses access (${status}); give credentials by \`headers\` or \`sign\`${status === 403 ? ", or list 403 in `missing` if this server says so of keys that are not there" : ""}`,
      retry: false,
    };
  if (status === 429)
    return { reason: "the server asks for fewer requests (429); lower `concurrency`", retry: true };
  if (status >= 500) return { reason: `the server failed (${status})`, retry: !LASTING.includes(status) };
  return { reason: `the server answered with status ${status}`, retry: false };
}

function failure(reason: string, retry = false): Verdict {
  return { kind: "failure", reason, retry };
}

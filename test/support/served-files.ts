import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DataSet } from "./data-sets.ts";
import { type Recorded, type Scripted, wellBehaved } from "./scripted-origin.ts";

/** Serves a data set, or values by their paths, as a good server does. */
export async function serveFiles(
  data: DataSet | ReadonlyMap<string, Uint8Array>,
  request: Recorded,
): Promise<Scripted> {
  const value =
    data instanceof Map
      ? data.get(request.path)
      : await readFile(join((data as DataSet).directory, decodeURIComponent(request.path))).catch(
          () => undefined,
        );
  return wellBehaved(value, request);
}

const FAULTS: readonly ((right: Scripted) => Scripted)[] = [
  () => ({ status: 503, headers: { "retry-after": "0" }, body: "later" }),
  (right) => ({ ...right, bytes: 1, end: "reset" }),
  (right) => ({ ...right, bytes: Math.floor((right.body?.length ?? 0) / 2), end: "close" }),
  () => ({ status: 500, headers: { "content-type": "text/html" }, body: "<h1>Oops</h1>" }),
];

/** Answers for an origin that serves a data set and fails 30 % of its requests, and how many those were. */
export function flaky(
  data: DataSet,
  random: () => number,
): { readonly answer: (request: Recorded) => Promise<Scripted>; readonly faults: () => number } {
  let faults = 0;
  const answer = async (request: Recorded): Promise<Scripted> => {
    const right = await serveFiles(data, request);
    // Without bytes to lose, an answer that is cut off looks complete.
    const isWorthCutting = right.body !== undefined && right.body.length > 1 && right.status !== 404;
    const fault = FAULTS[Math.floor(random() * FAULTS.length)];
    if (random() >= 0.3 || fault === undefined || (!isWorthCutting && request.method === "HEAD"))
      return right;
    faults++;
    return isWorthCutting ? fault(right) : { status: 503 };
  };
  return { answer, faults: () => faults };
}

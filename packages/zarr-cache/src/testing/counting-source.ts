import type { Key } from "../key.ts";
import { isPromise } from "../maybe-promise.ts";
import type { RangeQuery } from "../range.ts";
import { interceptReads, type ReadableSource } from "./readable-source.ts";

/** One read that reached a source. */
export interface SourceRequest {
  readonly key: Key;
  readonly range: RangeQuery | undefined;
  /** Whether the signal of the read was aborted before it ended. */
  readonly aborted: boolean;
}

/** What a {@link countingSource} saw. */
export interface SourceRecord {
  /** Every read, in order. */
  readonly requests: readonly SourceRequest[];
  /** Reads that have not ended. */
  readonly inFlight: number;
  /** Most reads that were in flight at once. */
  readonly maxInFlight: number;
  /** Reads whose signal was aborted before they ended. */
  readonly aborted: number;
  /** How many reads asked for a key, in whole or in part. */
  countOf(key: Key): number;
  /** Forgets the reads so far; those in flight stay in flight. */
  forget(): void;
}

/** The same source, which also records its reads. Everything but `get` and `getRange` is the source's own. */
export function countingSource<S extends ReadableSource>(source: S): S & SourceRecord {
  let requests: { key: Key; range: RangeQuery | undefined; aborted: boolean }[] = [];
  let inFlight = 0;
  let maxInFlight = 0;
  const record: SourceRecord = {
    get requests() {
      return requests;
    },
    get inFlight() {
      return inFlight;
    },
    get maxInFlight() {
      return maxInFlight;
    },
    get aborted() {
      return requests.filter(({ aborted }) => aborted).length;
    },
    countOf: (wanted) => requests.filter(({ key }) => key === wanted).length,
    forget() {
      requests = [];
      maxInFlight = inFlight;
    },
  };

  return interceptReads(source, record, ({ key, range, signal, work }) => {
    const request = { key, range, aborted: signal?.aborted === true };
    const abort = () => {
      request.aborted = true;
    };
    const end = () => {
      inFlight -= 1;
      signal?.removeEventListener("abort", abort);
    };
    requests.push(request);
    signal?.addEventListener("abort", abort);
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    let answer: ReturnType<typeof work>;
    try {
      answer = work();
    } catch (error) {
      end();
      throw error;
    }
    if (isPromise(answer)) return Promise.resolve(answer).finally(end);
    end();
    return answer;
  });
}

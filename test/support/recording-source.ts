import type { AsyncReadable, GetOptions, RangeQuery, Readable } from "zarrita";

type Key = `/${string}`;

/** A source that writes down what it is asked for, and asks another. */
export interface RecordingSource extends AsyncReadable {
  /** What was asked, in order: `/a/zarr.json`, `/a/c/0 -68`, `/a/c/0 16+4000`. */
  readonly reads: string[];
}

/** Records the reads of a source; ranges are offered where the source has them. */
export function recording(source: Readable): RecordingSource {
  const reads: string[] = [];
  const record = async <T>(read: string, run: () => T | Promise<T>): Promise<T> => {
    reads.push(read);
    return run();
  };
  return {
    reads,
    get: (key: Key, options?: GetOptions) => record(key, () => source.get(key, options)),
    ...(source.getRange && {
      getRange: (key: Key, range: RangeQuery, options?: GetOptions) =>
        record(`${key} ${textOf(range)}`, () => source.getRange?.(key, range, options)),
    }),
  };
}

function textOf(range: RangeQuery): string {
  return "suffixLength" in range ? `-${range.suffixLength}` : `${range.offset}+${range.length}`;
}

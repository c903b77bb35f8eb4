import type { RangeQuery } from "../../src/range.ts";
import { sliceRange } from "../../src/range.ts";
import type { Source } from "../../src/store/source.ts";
import type { SourceReadOptions } from "../../src/store/source-answer.ts";

/** A read-only source over a `Map`, with ranges by the rules of RFC 9110. It reads the map anew each time. */
export function plainSource(
  values: ReadonlyMap<string, Uint8Array>,
): Required<Pick<Source, "get" | "getRange">> {
  return {
    get: async (key: string, _options?: SourceReadOptions) => values.get(key),
    getRange: async (key: string, range: RangeQuery, _options?: SourceReadOptions) => {
      const value = values.get(key);
      return value && sliceRange(value, range);
    },
  };
}

import { InvalidOptionError } from "../errors.ts";
import { assertKnownOptions } from "../options.ts";
import { arrayKeys, type Region } from "./array-keys.ts";
import { parseKeyPattern } from "./key-pattern.ts";
import type { ReadDocument } from "./listing.ts";

/** Keys of a store: themselves, those that match a pattern such as `"/t2m/**"`, or the chunks of arrays, of which a region can be chosen. */
export type KeySelection =
  | Iterable<string>
  | AsyncIterable<string>
  | { readonly pattern: string }
  | { readonly arrays: readonly string[]; readonly region?: Region };

/** What a selection is looked up in. */
export interface SelectionContext {
  readonly read: ReadDocument;
  /** All keys under a path. */
  keys(path: string): AsyncIterable<string>;
}

const MOST_SHOWN = 10;

/** The keys of a selection. Throws `InvalidOptionError` for one that is none, or that matches nothing. */
export async function selectKeys(
  selection: KeySelection,
  context: SelectionContext,
): Promise<readonly string[] | AsyncIterable<string>> {
  if (typeof selection === "object" && selection !== null) {
    if (Symbol.asyncIterator in selection) return selection;
    if (Symbol.iterator in selection) return [...selection];
    if ("pattern" in selection) {
      assertKnownOptions("selection", selection, ["pattern"]);
      return matchingKeys(selection.pattern, context);
    }
    assertKnownOptions("selection", selection, ["arrays", "region"]);
    const { arrays, region } = selection;
    if (region !== undefined && !Array.isArray(region))
      throw new InvalidOptionError("region", region, "one [start, stop] or null for each dimension");
    if (Array.isArray(arrays) && arrays.every((path) => typeof path === "string")) {
      const keys: string[] = [];
      for (const array of arrays)
        for (const key of await arrayKeys(context.read, array, region)) keys.push(key);
      return keys;
    }
  }
  throw new InvalidOptionError(
    "selection",
    selection,
    'keys, { pattern: "/t2m/**" }, or { arrays: [paths], region? }',
  );
}

async function matchingKeys(text: string, { keys }: SelectionContext): Promise<string[]> {
  const pattern = parseKeyPattern(text);
  const matching: string[] = [];
  for await (const key of keys(pattern.base)) if (pattern.matches(key)) matching.push(key);
  if (matching.length > 0) return matching;
  const beginnings = new Set<string>();
  for await (const key of keys("/")) {
    const slash = key.indexOf("/", 1);
    beginnings.add(slash < 0 ? key : `${key.slice(0, slash)}/**`);
    if (beginnings.size > MOST_SHOWN) break;
  }
  const shown = [...beginnings].slice(0, MOST_SHOWN).join(", ");
  throw new InvalidOptionError(
    "pattern",
    text,
    beginnings.size === 0
      ? "none here, since there are no keys"
      : `patterns that match a key, of which there are ${shown}${beginnings.size > MOST_SHOWN ? ", …" : ""}`,
  );
}

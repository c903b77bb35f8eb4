import { InvalidOptionError } from "../errors.ts";
import { assertKnownOptions } from "../options.ts";
import { type CountedKeys, countedArrayKeys, type Region } from "./array-keys.ts";
import { type KeyPattern, parseKeyPattern } from "./key-pattern.ts";
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

/** The keys of a selection, which may be more than fit into memory. They can be walked once. */
export interface SelectedKeys {
  readonly keys: Iterable<string> | AsyncIterable<string>;
  /** How many there are, where that is known before they are walked. */
  readonly total: number | undefined;
}

const MOST_SHOWN = 10;

/** So many keys are listed before the first is used; a pattern with no more of them has a total. */
export const MOST_AHEAD = 10_000;

/**
 * Looks up a selection, and holds no more of its keys than a bounded number at any moment. Throws `InvalidOptionError` for
 * one that is none, or that matches nothing.
 */
export async function selectKeys(selection: KeySelection, context: SelectionContext): Promise<SelectedKeys> {
  if (typeof selection === "object" && selection !== null) {
    if (Symbol.asyncIterator in selection) return { keys: selection, total: undefined };
    if (Array.isArray(selection) || selection instanceof Set) {
      const keys: readonly string[] = [...selection];
      return { keys, total: keys.length };
    }
    if (Symbol.iterator in selection) return { keys: selection, total: undefined };
    if ("pattern" in selection) {
      assertKnownOptions("selection", selection, ["pattern"]);
      return matchingKeys(selection.pattern, context);
    }
    assertKnownOptions("selection", selection, ["arrays", "region"]);
    const { arrays, region } = selection;
    if (region !== undefined && !Array.isArray(region))
      throw new InvalidOptionError("region", region, "one [start, stop] or null for each dimension");
    if (Array.isArray(arrays) && arrays.every((path) => typeof path === "string")) {
      const each: CountedKeys[] = [];
      for (const array of arrays) each.push(await countedArrayKeys(context.read, array, region));
      return { keys: inTurn(each), total: each.reduce((sum, { count }) => sum + count, 0) };
    }
  }
  throw new InvalidOptionError(
    "selection",
    selection,
    'keys, { pattern: "/t2m/**" }, or { arrays: [paths], region? }',
  );
}

function* inTurn(all: readonly Iterable<string>[]): Iterable<string> {
  for (const each of all) yield* each;
}

async function matchingKeys(text: string, { keys }: SelectionContext): Promise<SelectedKeys> {
  const pattern = parseKeyPattern(text);
  const matching = filtered(keys(pattern.base), pattern);
  const first: string[] = [];
  while (first.length < MOST_AHEAD) {
    const { value, done } = await matching.next();
    if (!done) first.push(value);
    else if (first.length > 0) return { keys: first, total: first.length };
    else throw await matchesNothing(text, keys);
  }
  return { keys: followedBy(first, matching), total: undefined };
}

async function* filtered(keys: AsyncIterable<string>, { matches }: KeyPattern): AsyncGenerator<string, void> {
  for await (const key of keys) if (matches(key)) yield key;
}

async function* followedBy(first: readonly string[], rest: AsyncGenerator<string>): AsyncIterable<string> {
  try {
    yield* first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** The error for a pattern without a key: it tells which there are. */
async function matchesNothing(text: string, keys: SelectionContext["keys"]): Promise<InvalidOptionError> {
  const beginnings = new Set<string>();
  for await (const key of keys("/")) {
    const slash = key.indexOf("/", 1);
    beginnings.add(slash < 0 ? key : `${key.slice(0, slash)}/**`);
    if (beginnings.size > MOST_SHOWN) break;
  }
  const shown = [...beginnings].slice(0, MOST_SHOWN).join(", ");
  return new InvalidOptionError(
    "pattern",
    text,
    beginnings.size === 0
      ? "none here, since there are no keys"
      : `patterns that match a key, of which there are ${shown}${beginnings.size > MOST_SHOWN ? ", …" : ""}`,
  );
}

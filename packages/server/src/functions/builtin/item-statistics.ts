/** A column of a table, or a member of an object. */
export interface ColumnStatistics {
  readonly name: string;
  readonly type: string;
  /** How many values are missing. */
  readonly nulls: number;
}

/** What `cache_item_stats` tells of an item. */
export interface ItemStatistics {
  readonly format: string;
  /** Bytes as they are cached. */
  readonly bytes: number;
  /** Bytes that the values take decoded: numbers by their width, texts in UTF-8 with an offset of four bytes each. */
  readonly memory: number;
  readonly rows?: number;
  readonly columns?: readonly ColumnStatistics[];
  readonly preview: unknown;
  readonly [more: string]: unknown;
}

/** Rows that a preview shows of either end of a table. */
export const PREVIEW_ROWS = 5;

/** The first rows of a table as they come, and the last. */
export class RowPreview {
  readonly #first: unknown[] = [];
  readonly #last: unknown[] = [];

  add(row: unknown): void {
    if (this.#first.length < PREVIEW_ROWS) this.#first.push(shortened(row));
    else {
      this.#last.push(row);
      if (this.#last.length > PREVIEW_ROWS) this.#last.shift();
    }
  }

  /** What was seen, cut short for people. */
  rows(): { readonly first: readonly unknown[]; readonly last: readonly unknown[] } {
    return { first: this.#first, last: this.#last.map((row) => shortened(row)) };
  }
}

const MOST_CHARACTERS = 200;
const MOST_MEMBERS = 20;
const MOST_DEPTH = 4;

/** A value for people to look at: long texts, lists and objects are cut off, and what is deep inside is left out. */
export function shortened(value: unknown, depth = 0): unknown {
  if (typeof value === "string")
    return value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth === MOST_DEPTH) return "…";
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_MEMBERS).map((item) => shortened(item, depth + 1));
    return value.length > MOST_MEMBERS ? [...items, `… ${value.length - MOST_MEMBERS} more`] : items;
  }
  const members = Object.entries(value);
  const shown = members
    .slice(0, MOST_MEMBERS)
    .map(([name, member]) => [name, shortened(member, depth + 1)] as const);
  if (members.length > MOST_MEMBERS) shown.push(["…", `${members.length - MOST_MEMBERS} more`]);
  return Object.fromEntries(shown);
}

import { ColumnTypes, sizeOf } from "./column-types.ts";
import { type ItemStatistics, RowPreview, shortened } from "./item-statistics.ts";
import { unreadable } from "./unreadable.ts";

/** Statistics of JSON: a list of objects is a table, any other value is described as it is. */
export function jsonStatistics(bytes: Uint8Array): ItemStatistics {
  return describe("json", parse(textOf(bytes)), bytes);
}

/** Statistics of JSON values in lines (NDJSON), a table if they are objects. */
export function jsonLinesStatistics(bytes: Uint8Array): ItemStatistics {
  const lines = textOf(bytes).split("\n");
  const values = lines.filter((line) => line.trim() !== "").map((line) => parse(line));
  return describe("ndjson", values, bytes);
}

function describe(format: string, value: unknown, bytes: Uint8Array): ItemStatistics {
  const common = { format, bytes: bytes.byteLength };
  if (isTable(value)) return { ...common, ...tableStatistics(value) };
  const memory = sizeOf(value);
  if (Array.isArray(value))
    return { ...common, memory, type: "list", rows: value.length, preview: shortened(value) };
  if (typeof value !== "object" || value === null)
    return { ...common, memory, type: value === null ? "null" : typeof value, preview: shortened(value) };
  const columns = Object.entries(value).map(([name, member]) => {
    const types = new ColumnTypes();
    types.add(member);
    return types.describe(name);
  });
  return { ...common, memory, type: "object", columns, preview: shortened(value) };
}

function tableStatistics(
  rows: readonly Record<string, unknown>[],
): Pick<ItemStatistics, "memory" | "preview"> & { readonly [more: string]: unknown } {
  const columns = new Map<string, ColumnTypes>();
  const preview = new RowPreview();
  for (const row of rows) {
    preview.add(row);
    for (const [name, value] of Object.entries(row)) {
      const types = columns.get(name) ?? new ColumnTypes();
      types.add(value);
      columns.set(name, types);
    }
  }
  return {
    memory: [...columns.values()].reduce((sum, { memory }) => sum + memory, 0),
    type: "table",
    rows: rows.length,
    columns: Array.from(columns, ([name, types]) => types.describe(name, rows.length)),
    preview: preview.rows(),
  };
}

function isTable(value: unknown): value is Record<string, unknown>[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row))
  );
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable("JSON", error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable("JSON", error);
  }
}

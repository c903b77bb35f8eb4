import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { parse } from "csv-parse";
import { ColumnTypes } from "./column-types.ts";
import { type ItemStatistics, RowPreview } from "./item-statistics.ts";
import { unreadable } from "./unreadable.ts";

/** Delimiters that are tried on the first line: the one that parts it into most fields is it. */
const DELIMITERS = [",", ";", "\t", "|"];
/** What stands for a missing value, as readers of tables agree. */
const MISSING = new Set(["", "na", "nan", "n/a", "null", "none"]);

/** Statistics of comma-separated values (RFC 4180) with a head, read as a stream. */
export async function csvStatistics(file: string, bytes: number): Promise<ItemStatistics> {
  const delimiter = await delimiterOf(file);
  const parser = createReadStream(file).pipe(parse({ delimiter, bom: true, relax_column_count: true }));
  const preview = new RowPreview();
  let names: string[] | undefined;
  let columns: ColumnTypes[] = [];
  let rows = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (names === undefined) {
        names = record;
        columns = names.map(() => new ColumnTypes());
        continue;
      }
      const values = names.map((_, at) => fieldValue(record[at] ?? ""));
      for (const [at, types] of columns.entries()) types.add(values[at]);
      preview.add(Object.fromEntries(names.map((name, at) => [name, values[at]])));
      rows++;
    }
  } catch (error) {
    throw unreadable("CSV", error);
  }
  return {
    format: "csv",
    bytes,
    memory: columns.reduce((sum, { memory }) => sum + memory, 0),
    delimiter,
    rows,
    columns: (names ?? []).map((name, at) => (columns[at] as ColumnTypes).describe(name, rows)),
    preview: preview.rows(),
  };
}

function fieldValue(field: string): unknown {
  const text = field.trim();
  if (MISSING.has(text.toLowerCase())) return null;
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return field;
}

async function delimiterOf(file: string): Promise<string> {
  const line = await firstLine(file);
  const fields = (delimiter: string) => line.split(delimiter).length;
  return DELIMITERS.reduce((best, each) => (fields(each) > fields(best) ? each : best));
}

async function firstLine(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    return buffer.toString("utf8", 0, bytesRead).split(/\r?\n/, 1)[0] ?? "";
  } finally {
    await handle?.close();
  }
}

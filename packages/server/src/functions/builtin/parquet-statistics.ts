import {
  type AsyncBuffer,
  type ColumnData,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { sizeOf } from "./column-types.ts";
import { type ColumnStatistics, type ItemStatistics, PREVIEW_ROWS, shortened } from "./item-statistics.ts";
import { unreadable } from "./unreadable.ts";

/** Statistics of a Parquet file: types from its footer, missing values and sizes from its columns, one after the other. */
export async function parquetStatistics(file: AsyncBuffer): Promise<ItemStatistics> {
  try {
    const metadata = await parquetMetadataAsync(file);
    const rows = Number(metadata.num_rows);
    const columns: ColumnStatistics[] = [];
    let memory = 0;
    for (const element of topLevel(metadata.schema)) {
      const column = await readColumn(file, metadata, element, rows);
      memory += column.memory;
      columns.push({ name: element.name, type: typeOf(element), nulls: column.nulls });
    }
    const preview = {
      first: await readRows(file, metadata, 0, Math.min(rows, PREVIEW_ROWS)),
      last: await readRows(file, metadata, Math.max(PREVIEW_ROWS, rows - PREVIEW_ROWS), rows),
    };
    const codecs = new Set(
      metadata.row_groups.flatMap((group) =>
        group.columns.flatMap(({ meta_data }) => meta_data?.codec ?? []),
      ),
    );
    return {
      format: "parquet",
      bytes: file.byteLength,
      memory,
      rows,
      columns,
      preview,
      rowGroups: metadata.row_groups.length,
      codecs: [...codecs],
      ...(metadata.created_by !== undefined && { createdBy: metadata.created_by }),
    };
  } catch (error) {
    throw unreadable("Parquet", error);
  }
}

async function readColumn(
  file: AsyncBuffer,
  metadata: FileMetaData,
  element: SchemaElement,
  rows: number,
): Promise<{ readonly nulls: number; readonly memory: number }> {
  const width = element.type === undefined ? undefined : WIDTHS[element.type];
  let present = 0;
  let memory = 0;
  const count = ({ columnData }: ColumnData): void => {
    for (const value of columnData) {
      if (value === null || value === undefined) continue;
      present++;
      memory += width ?? sizeOf(value);
    }
  };
  if (rows > 0) await parquetRead({ file, metadata, compressors, columns: [element.name], onChunk: count });
  return { nulls: rows - present, memory };
}

async function readRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  rowStart: number,
  rowEnd: number,
): Promise<unknown[]> {
  if (rowStart >= rowEnd) return [];
  let found: unknown[] = [];
  await parquetRead({
    file,
    metadata,
    compressors,
    rowStart,
    rowEnd,
    rowFormat: "object",
    onComplete: (rows) => {
      found = rows.map((row) => shortened(row));
    },
  });
  return found;
}

/** The columns of the table: what lies inside of lists and structures belongs to them. */
function topLevel(schema: readonly SchemaElement[]): SchemaElement[] {
  const columns: SchemaElement[] = [];
  let inside = 0;
  for (const element of schema.slice(1)) {
    if (inside === 0) columns.push(element);
    inside += (element.num_children ?? 0) - (inside === 0 ? 0 : 1);
  }
  return columns;
}

const WIDTHS: Readonly<Partial<Record<NonNullable<SchemaElement["type"]>, number>>> = {
  BOOLEAN: 1,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
};

const PHYSICAL: Readonly<Record<string, string>> = {
  BOOLEAN: "boolean",
  INT32: "int32",
  INT64: "int64",
  INT96: "timestamp",
  FLOAT: "float32",
  DOUBLE: "float64",
  BYTE_ARRAY: "bytes",
  FIXED_LEN_BYTE_ARRAY: "bytes",
};

function typeOf({
  type,
  converted_type,
  logical_type,
  num_children,
  precision,
  scale,
}: SchemaElement): string {
  const logical = (logical_type?.type ?? converted_type)?.toLowerCase();
  if (num_children) return logical === "list" || logical === "map" ? logical : "struct";
  if (logical === "utf8" || logical === "string" || logical === "enum") return "string";
  if (logical === "decimal") return `decimal(${precision ?? "?"},${scale ?? 0})`;
  if (logical?.startsWith("timestamp")) return "timestamp";
  if (logical?.startsWith("time")) return "time";
  const integer = /^(u?int)_(\d+)$/.exec(logical ?? "");
  if (integer) return `${integer[1]}${integer[2]}`;
  if (logical !== undefined && logical !== "integer" && logical !== "null") return logical;
  return PHYSICAL[type ?? ""] ?? "unknown";
}

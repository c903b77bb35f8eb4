import type { AthenaPage } from "./athena-client.ts";

/** A value of a row. Athena sends text; whole numbers, fractions and truth values are read, decimals and times stay text. */
export type AthenaValue = string | number | bigint | boolean | null;

/** A row by the names of its columns. */
export type AthenaRow = Record<string, AthenaValue>;

/** The rows of a page. `hasHeader`: its first row repeats the names of the columns, as that of a SELECT does. */
export function rowsOfPage({ ResultSet }: AthenaPage, hasHeader: boolean): AthenaRow[] {
  const columns = ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
  return (ResultSet?.Rows ?? [])
    .slice(hasHeader ? 1 : 0)
    .map(({ Data = [] }) =>
      Object.fromEntries(
        columns.map(({ Name = "", Type = "" }, at) => [Name, read(Type, Data[at]?.VarCharValue)]),
      ),
    );
}

function read(type: string, text: string | undefined): AthenaValue {
  if (text === undefined) return null;
  switch (type) {
    case "tinyint":
    case "smallint":
    case "integer":
    case "float":
    case "real":
    case "double":
      return Number(text);
    case "bigint":
      return BigInt(text);
    case "boolean":
      return text === "true";
    default:
      return text;
  }
}

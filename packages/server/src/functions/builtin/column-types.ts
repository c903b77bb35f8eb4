import type { ColumnStatistics } from "./item-statistics.ts";

/** Finds out the type of a column from its values, one by one. */
export class ColumnTypes {
  readonly #types = new Set<string>();
  #values = 0;
  #present = 0;
  #bytes = 0;

  /** Bytes that the values take decoded. */
  get memory(): number {
    return this.#bytes;
  }

  add(value: unknown): void {
    this.#values++;
    if (value === null || value === undefined) return;
    this.#present++;
    this.#types.add(typeOf(value));
    this.#bytes += sizeOf(value);
  }

  /** `rows`: rows of the table; those in which the column did not come up count as missing. */
  describe(name: string, rows: number = this.#values): ColumnStatistics {
    return { name, type: this.#type(), nulls: rows - this.#present };
  }

  #type(): string {
    const types = [...this.#types];
    if (types.length === 0) return "null";
    if (types.length === 1) return types[0] as string;
    if (types.every((type) => type === "integer" || type === "number")) return "number";
    if (types.every((type) => type === "date" || type === "timestamp")) return "timestamp";
    return types.includes("string") && types.every((type) => type !== "object" && type !== "list")
      ? "string"
      : "mixed";
  }
}

function typeOf(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "bigint") return "integer";
  if (value instanceof Date) return "timestamp";
  if (Array.isArray(value)) return "list";
  return typeof value === "string" ? (DATE.exec(value) === null ? "string" : dateType(value)) : typeof value;
}

const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?$/;

function dateType(text: string): string {
  if (Number.isNaN(Date.parse(text))) return "string";
  return text.length === "2020-01-01".length ? "date" : "timestamp";
}

/** Bytes that a value takes decoded. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value) + 4;
  if (typeof value === "boolean") return 1;
  if (value instanceof Uint8Array) return value.byteLength + 4;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 4);
  if (value === null || value === undefined) return 0;
  if (typeof value !== "object" || value instanceof Date) return 8;
  let bytes = 4;
  for (const member of Object.values(value)) bytes += sizeOf(member);
  return bytes;
}

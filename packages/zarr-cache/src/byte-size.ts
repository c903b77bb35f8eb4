import { parseAmount } from "./amount.ts";
import { InvalidOptionError } from "./errors.ts";

/** Bytes as a number, or text such as `"10 GB"` (MB = 10⁶) or `"512 MiB"` (MiB = 2²⁰). */
export type ByteSize = number | string;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  pb: 1e15,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  pib: 2 ** 50,
};

/** Reads a size in bytes; throws {@link InvalidOptionError} naming `option` for anything else. */
export function parseBytes(option: string, size: ByteSize): number {
  const bytes = parseAmount(size, UNITS);
  if (bytes === undefined || !(bytes >= 0) || !Number.isSafeInteger(Math.floor(bytes)))
    throw new InvalidOptionError(
      option,
      size,
      'a number of bytes ≥ 0, or text such as "512 MB" or "1.5 GiB"',
    );
  return Math.floor(bytes);
}

/** Writes bytes as people read them, in powers of ten: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "kB", "MB", "GB", "TB"]) {
    if (value < 1000 || unit === "TB")
      return `${unit === "B" ? value : value.toFixed(value < 10 ? 2 : 1)} ${unit}`;
    value /= 1000;
  }
  return `${bytes} B`;
}

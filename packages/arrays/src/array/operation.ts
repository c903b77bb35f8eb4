import type { NumericData } from "./strided.ts";

/** What can be done with two numbers. Comparisons answer 1 or 0. */
export type OperationName =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "floordiv"
  | "pow"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "eq"
  | "ne";

/**
 * Works through one row: `out[o + i] = a[ai + i * as] ∘ (b[bi + i * bs] * scale + offset)`. Each operation is a loop of
 * its own, so that each is compiled for what it does.
 */
export type Row = (
  out: NumericData,
  o: number,
  a: NumericData,
  ai: number,
  as: number,
  b: NumericData,
  bi: number,
  bs: number,
  n: number,
  scale: number,
  offset: number,
) => void;

const add: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) + ((b[q] as number) * scale + offset);
};

const sub: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) - ((b[q] as number) * scale + offset);
};

const mul: Row = (out, o, a, ai, as, b, bi, bs, n) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) * (b[q] as number);
};

const div: Row = (out, o, a, ai, as, b, bi, bs, n) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) / (b[q] as number);
};

const mod: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs) {
    const divisor = (b[q] as number) * scale + offset;
    const rest = (a[p] as number) % divisor;
    out[o + i] = rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest;
  }
};

/** As numpy does it, so that `floordiv * b + mod` is `a` again: 1 by 0.1 is 9, since 0.1 is a little more than a tenth. */
function wholeQuotient(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  const quotient = (a - rest) / b - (rest !== 0 && rest < 0 !== b < 0 ? 1 : 0);
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

const floordiv: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = wholeQuotient(a[p] as number, (b[q] as number) * scale + offset);
};

const pow: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) ** ((b[q] as number) * scale + offset);
};

const lt: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) < (b[q] as number) * scale + offset ? 1 : 0;
};

const le: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) <= (b[q] as number) * scale + offset ? 1 : 0;
};

const gt: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) > (b[q] as number) * scale + offset ? 1 : 0;
};

const ge: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = (a[p] as number) >= (b[q] as number) * scale + offset ? 1 : 0;
};

const eq: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = a[p] === (b[q] as number) * scale + offset ? 1 : 0;
};

const ne: Row = (out, o, a, ai, as, b, bi, bs, n, scale, offset) => {
  for (let i = 0, p = ai, q = bi; i < n; i++, p += as, q += bs)
    out[o + i] = a[p] !== (b[q] as number) * scale + offset ? 1 : 0;
};

/** The loop of each operation. */
export const ROWS: Readonly<Record<OperationName, Row>> = {
  add,
  sub,
  mul,
  div,
  mod,
  floordiv,
  pow,
  lt,
  le,
  gt,
  ge,
  eq,
  ne,
};

/** Whether an operation answers true or false. */
export function isComparison(name: OperationName): boolean {
  return ["lt", "le", "gt", "ge", "eq", "ne"].includes(name);
}

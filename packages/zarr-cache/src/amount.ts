/**
 * Reads a number, or text such as `"10 GB"` of a number and one of these units, whose names are in small letters;
 * `undefined` for anything else.
 */
export function parseAmount(amount: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof amount === "number") return amount;
  if (typeof amount !== "string") return undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(amount);
  const unit = match && units[(match[2] ?? "").toLowerCase()];
  return match && unit ? Number(match[1]) * unit : undefined;
}

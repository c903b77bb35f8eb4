const MOST_DIGITS = 15;

/** Reads the whole number that the characters `from … to` write in decimal; -1 for anything that no number is written as. */
export function decimalAt(text: string, from: number, to: number): number {
  const digits = to - from;
  if (digits < 1 || digits > MOST_DIGITS || (digits > 1 && text.charCodeAt(from) === 48)) return -1;
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = 10 * number + digit;
  }
  return number;
}

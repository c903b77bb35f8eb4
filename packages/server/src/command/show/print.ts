/** Writes what a command answers. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Writes an answer as JSON, indented for people to read too. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}

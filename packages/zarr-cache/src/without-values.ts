/** The same names without what they stand for: what is misspelt may be a secret, and is not to be shown. */
export function withoutValues(options: object): object {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return options;
  return Object.fromEntries(Object.keys(options).map((name) => [name, "(not shown)"]));
}

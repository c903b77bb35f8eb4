/** Takes those of the named options that are given. */
export function pick<T extends object, K extends keyof T>(
  from: T,
  ...names: K[]
): { [P in K]?: Exclude<T[P], undefined> } {
  const picked: { [P in K]?: Exclude<T[P], undefined> } = {};
  for (const name of names)
    if (from[name] !== undefined) picked[name] = from[name] as Exclude<T[K], undefined>;
  return picked;
}

/** What a table has under a name that somebody else chose; what every object has, such as `constructor`, is not in it. */
export function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

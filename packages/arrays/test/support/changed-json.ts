import fc from "fast-check";

/** What stands where something else is meant: other types, other ends of their ranges, and names that objects have. */
const NONSENSE: readonly unknown[] = [
  null,
  true,
  0,
  1,
  -1,
  2.5,
  1e300,
  "",
  " ",
  "NaN",
  "lat",
  "3",
  "constructor",
  "__proto__",
  "toString",
  [],
  {},
  [0],
  ["lat"],
  [null],
  [[1]],
  { values: [1] },
  { length: 2 },
];

/** The text of this value with one thing in it replaced, left out, said twice, or added. */
export function changedJson(value: unknown): fc.Arbitrary<string> {
  const paths = pathsIn(value);
  return fc
    .record({
      path: fc.constantFrom(...paths),
      way: fc.constantFrom("replace", "drop", "twice", "add"),
      name: fc.constantFrom("name", "stack", "values", "time", "start", "step", "size", "geotransform", "x"),
      nonsense: fc.constantFrom(...NONSENSE),
    })
    .map(({ path, way, name, nonsense }) => {
      const root = { value: structuredClone(value) };
      const above = path.slice(0, -1).reduce((at, part) => Reflect.get(at as object, part), root) as object;
      const last = path.at(-1) as string | number;
      const inside = Reflect.get(above, last);
      if (way === "add" && typeof inside === "object" && inside !== null)
        Object.assign(inside, Array.isArray(inside) ? { [inside.length]: nonsense } : { [name]: nonsense });
      else if (way === "drop" && Array.isArray(above)) above.splice(Number(last), 1);
      else if (way === "drop") Reflect.deleteProperty(above, last);
      else if (way === "twice" && Array.isArray(above)) above.splice(Number(last), 0, inside);
      else Reflect.set(above, last, nonsense);
      return JSON.stringify(root.value ?? null);
    });
}

/** Where something is in a value, the whole of it first, as a property of `{ value }`. */
function pathsIn(value: unknown, path: readonly (string | number)[] = ["value"]): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  return [[...path], ...Object.entries(value).flatMap(([name, each]) => pathsIn(each, [...path, name]))];
}

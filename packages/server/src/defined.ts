/** What may be absent, but not `undefined`. */
export type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The fields of an object that are not `undefined`, for options that may be absent but not `undefined`. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

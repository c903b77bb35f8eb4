/** The hashes of pipelines that may be evaluated, or a function that says so. */
export type Allowed = Iterable<string> | ((hash: string) => boolean | Promise<boolean>);

/** Says whether the pipeline of a hash may be evaluated. */
export function permission(allow: Allowed): (hash: string) => Promise<boolean> {
  if (typeof allow === "function") return async (hash) => allow(hash);
  const hashes = new Set(allow);
  return async (hash) => hashes.has(hash);
}

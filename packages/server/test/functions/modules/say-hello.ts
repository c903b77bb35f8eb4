import type { CacheFunction } from "../../../src/functions/cached-items.ts";

/** Gives its message back, with the paths of all that is cached. */
const sayHello: CacheFunction = async (cache, { message = "hello world" }) => {
  const paths: string[] = [];
  for await (const path of cache.keys()) paths.push(path);
  return { message, paths };
};
export default sayHello;

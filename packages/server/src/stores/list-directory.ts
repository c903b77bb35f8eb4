import { isZarrCacheError } from "zarr-cache";
import { problem } from "../http/problem.ts";
import type { Serving } from "./serve-value.ts";

const MOST = 10_000;

/**
 * Answers `GET` for a path that ends with a slash: its direct children, sorted, in pages. `?after=` the last of the page
 * before; `?limit=` at most 10,000.
 */
export async function listDirectory(
  { served, headers }: Serving,
  path: `/${string}`,
  request: Request,
): Promise<Response> {
  const parameters = new URL(request.url).searchParams;
  const limit = Number(parameters.get("limit") ?? 1000);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    return problem(400, `limit is a whole number from 1 to ${MOST}.`, headers);
  const after = parameters.get("after") ?? "";
  let children: string[];
  try {
    children = (await served.store.list(path)).map((child) => child.slice(path.length));
  } catch (error) {
    if (isZarrCacheError(error, "UnsupportedError"))
      return problem(404, `The source of "${served.id}" cannot list what there is.`, headers);
    throw error;
  }
  const left = children.filter((child) => child > after);
  const page = left.slice(0, limit);
  return Response.json(
    { store: served.id, path, children: page, next: page.length < left.length ? page.at(-1) : null },
    {
      headers: {
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        ...headers,
      },
    },
  );
}

import type { CacheStorage, Part } from "zarr-cache";
import { showsToken } from "../token.ts";
import { partOf } from "./part-name.ts";

/** Options of {@link partHandler}. */
export interface PartHandlerOptions {
  /** What members must show. Default none: whoever reaches the address may read what is cached. */
  readonly token?: string | undefined;
  /** Called for a part that was asked for and is not here, or not any more as it has expired. */
  readonly missed?: (part: Part) => void;
}

/**
 * Hands out what a storage has cached to members of other regions: `GET …/parts?storeId=&key=&range=`. Never asks a
 * source, and answers 404 for what is not here, or has expired.
 */
export function partHandler(
  storage: Pick<CacheStorage, "get" | "now">,
  options: PartHandlerOptions = {},
): (request: Request) => Promise<Response> {
  const { token, missed } = options;
  return async (request) => {
    if (request.method !== "GET") return answer(405, { allow: "GET" });
    if (token !== undefined && !showsToken(request, token))
      return answer(401, { "www-authenticate": "Bearer" });
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.endsWith("/parts")) return answer(404);
    const id = ["storeId", "key", "range"].map((name) => searchParams.get(name) ?? "").join("\n");
    const part = partOf(id);
    if (part === undefined) return answer(400);
    const hit = await storage.get(part);
    // A storage also gives what has expired: in its own region that may be answered while the source is away.
    if (hit?.value === undefined || storage.now() >= hit.expiresAt) {
      missed?.(part);
      return answer(404);
    }
    return new Response(hit.value as Uint8Array<ArrayBuffer>, {
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(hit.value.byteLength),
        "cache-control": "no-store, no-transform",
      },
    });
  };
}

function answer(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { "cache-control": "no-store", ...headers } });
}

import { DocumentTooLargeError, InvalidArgumentError, isRegionsError } from "../errors.ts";
import { showsToken } from "../token.ts";
import type { Json } from "./document.ts";
import { MAX_HELD_BYTES, type PutOptions } from "./document-options.ts";
import type { Documents } from "./documents.ts";

/** Options of {@link documentHandler}. */
export interface DocumentHandlerOptions {
  /** What must be shown to write, and to read. Default none. */
  readonly token?: string | undefined;
}

const STATUS: Readonly<Record<string, number>> = {
  InvalidArgumentError: 400,
  OriginNotAllowedError: 403,
  DocumentTooLargeError: 413,
  VersionNotReachedError: 404,
  RegionUnavailableError: 503,
  RegionFullError: 507,
  TransferError: 502,
};

/**
 * Documents over HTTP: `GET …/documents/{namespace}/{key}`, `HEAD`, `PUT` and `DELETE`, and `GET …/documents/{namespace}/`
 * for a list. `Idempotency-Key` names a message that may be repeated; `minVersion` waits for a version. Answers are JSON.
 */
export function documentHandler(
  namespaces: Readonly<Record<string, Documents>>,
  options: DocumentHandlerOptions = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (options.token !== undefined && !showsToken(request, options.token))
      return json({ error: "a token is needed" }, 401, { "www-authenticate": "Bearer" });
    const url = new URL(request.url);
    const [, namespace = "", rest = ""] = /\/documents\/([^/]+)\/(.*)$/.exec(url.pathname) ?? [];
    const documents = Object.hasOwn(namespaces, namespace) ? namespaces[namespace] : undefined;
    if (documents === undefined) return json({ error: "there is no such namespace" }, 404);
    try {
      const key = decodeURIComponent(rest);
      if (key === "") return await list(documents, request, url.searchParams);
      return await act(documents, key, request, url.searchParams);
    } catch (error) {
      const status =
        error instanceof URIError ? 400 : isRegionsError(error) ? (STATUS[error.tag] ?? 500) : 500;
      const message = status === 500 || !(error instanceof Error) ? "it did not work" : error.message;
      return json({ error: message }, status);
    }
  };
}

async function act(
  documents: Documents,
  key: string,
  request: Request,
  query: URLSearchParams,
): Promise<Response> {
  const { method } = request;
  const id = request.headers.get("idempotency-key") ?? undefined;
  const message = id === undefined ? {} : { id };
  if (method === "GET" || method === "HEAD") {
    const minVersion = query.get("minVersion");
    const timeout = query.get("timeout");
    const document = await documents.get(key, {
      ...(minVersion !== null && { minVersion }),
      ...(timeout !== null && { timeout: Number(timeout) }),
    });
    if (document === undefined) return json({ error: "there is no such document" }, 404);
    const etag = `"${document.version}"`;
    if (request.headers.get("if-none-match") === etag) return json(undefined, 304, { etag });
    return json(method === "HEAD" ? undefined : { ...document }, 200, { etag });
  }
  if (method === "PUT") {
    const version = await documents.put(key, await jsonBodyOf(request), {
      ...putOptionsOf(query),
      ...message,
    });
    return json({ key, version }, 200, { etag: `"${version}"` });
  }
  if (method === "DELETE") return json({ key, version: await documents.delete(key, message) });
  return json({ error: "GET, HEAD, PUT or DELETE" }, 405, { allow: "GET, HEAD, PUT, DELETE" });
}

async function list(documents: Documents, request: Request, query: URLSearchParams): Promise<Response> {
  if (request.method !== "GET") return json({ error: "a key is needed" }, 405, { allow: "GET" });
  const [prefix, cursor, limit, meta] = ["prefix", "cursor", "limit", "meta"].map((name) => query.get(name));
  return json(
    await documents.list({
      ...(prefix && { prefix }),
      ...(cursor && { cursor }),
      ...(limit && { limit: Number(limit) }),
      ...(meta && { meta: parsed("meta", meta) as Record<string, Json> }),
    }),
  );
}

function putOptionsOf(query: URLSearchParams): PutOptions {
  const [expiresIn, meta] = [query.get("expiresIn"), query.get("meta")];
  return {
    ...(expiresIn !== null && { expiresIn: Number(expiresIn) }),
    ...(meta !== null && { meta: parsed("meta", meta) as Record<string, Json> }),
  };
}

/** The body of a request, no more of it than a document may have. */
async function jsonBodyOf(request: Request): Promise<Json> {
  let size = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_HELD_BYTES)
      throw new DocumentTooLargeError("body", "The value", size, MAX_HELD_BYTES, "Put { url } of a file.");
    chunks.push(chunk);
  }
  return parsed("body", Buffer.concat(chunks).toString("utf8"));
}

function parsed(what: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new InvalidArgumentError(what, text, "JSON");
  }
}

function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  const body = value === undefined ? null : JSON.stringify(value);
  return new Response(body, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}

import type { AnswerHeaders } from "./answer.ts";

/** Which pages may read: all, or those of these origins. */
export type CorsOrigins = "*" | readonly string[];

const EXPOSED =
  "Accept-Ranges, Age, Cache-Status, Content-Length, Content-Range, ETag, Last-Modified, Retry-After, Warning";

const EVERY_PAGE: AnswerHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": EXPOSED,
};
const NO_PAGE: AnswerHeaders = { Vary: "Origin" };

/**
 * Headers that let pages of other origins read an answer (Fetch Standard, CORS protocol), by the origin that asks: for one
 * origin the same object every time.
 */
export function corsOf(origins: CorsOrigins): (origin: string | null) => AnswerHeaders {
  if (origins === "*") return () => EVERY_PAGE;
  const allowed = new Map(
    origins.map((origin) => [
      origin,
      { "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED, Vary: "Origin" },
    ]),
  );
  return (origin) => (origin === null ? undefined : allowed.get(origin)) ?? NO_PAGE;
}

/** The answer to `OPTIONS`, a preflight or not. */
export function optionsAnswer(cors: AnswerHeaders, methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      Allow: methods,
      ...cors,
      "Access-Control-Allow-Methods": methods,
      "Access-Control-Allow-Headers":
        "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range",
      "Access-Control-Max-Age": "86400",
    },
  });
}

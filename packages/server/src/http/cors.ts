/** Which pages may read: all, or those of these origins. */
export type CorsOrigins = "*" | readonly string[];

const EXPOSED =
  "Accept-Ranges, Age, Cache-Status, Content-Length, Content-Range, ETag, Last-Modified, Retry-After, Warning";

/** Headers that let pages of other origins read an answer (Fetch Standard, CORS protocol). */
export function corsHeaders(origins: CorsOrigins, origin: string | null): Record<string, string> {
  if (origins === "*")
    return { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED };
  if (origin === null || !origins.includes(origin)) return { Vary: "Origin" };
  return {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Expose-Headers": EXPOSED,
    Vary: "Origin",
  };
}

/** The answer to `OPTIONS`, a preflight or not. */
export function optionsAnswer(origins: CorsOrigins, origin: string | null, methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      Allow: methods,
      ...corsHeaders(origins, origin),
      "Access-Control-Allow-Methods": methods,
      "Access-Control-Allow-Headers":
        "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range",
      "Access-Control-Max-Age": "86400",
    },
  });
}

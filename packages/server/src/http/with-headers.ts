/** The same answer with more headers. */
export function withHeaders(answer: Response, more: Readonly<Record<string, string>>): Response {
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return new Response(answer.body, { status: answer.status, headers });
}

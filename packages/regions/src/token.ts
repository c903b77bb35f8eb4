import { createHash, timingSafeEqual } from "node:crypto";

/** Whether a request shows a bearer token. Compares in constant time, whatever the lengths. */
export function showsToken(request: Request, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(request.headers.get("authorization") ?? ""), digest(`Bearer ${token}`));
}

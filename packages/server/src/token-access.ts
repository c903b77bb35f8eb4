import { createHash, timingSafeEqual } from "node:crypto";
import type { Access, Permission, Scope } from "./access.ts";

/** A token by its hash, and what it is good for. */
export interface HashedToken {
  readonly name: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  readonly scope: Scope;
  /** The stores that it is for; absent = all, and the server itself. */
  readonly stores?: readonly string[] | undefined;
}

const RANK: Readonly<Record<Scope, number>> = { read: 0, write: 1, admin: 2 };

/**
 * Judges by tokens, of which only hashes are known. A request bears one as `Authorization: Bearer TOKEN`, or as the
 * password of `Basic`. `isPublic`: whether a store may be read by everybody.
 */
export function tokenAccess(tokens: readonly HashedToken[], isPublic: (storeId: string) => boolean): Access {
  const known = tokens.map((token) => ({ ...token, hash: Buffer.from(token.sha256, "hex") }));
  return {
    judge(headers, scope, storeId): Permission {
      if (scope === "read" && storeId !== undefined && isPublic(storeId)) return "granted";
      const given = bearerOf(headers.get("authorization"));
      if (given === undefined) return "unauthenticated";
      const hash = createHash("sha256").update(given).digest();
      let found: HashedToken | undefined;
      // All of them, however early one matches.
      for (const token of known) if (timingSafeEqual(token.hash, hash)) found = token;
      if (found === undefined) return "unauthenticated";
      const reaches = found.stores === undefined || (storeId !== undefined && found.stores.includes(storeId));
      return reaches && RANK[found.scope] >= RANK[scope] ? "granted" : "forbidden";
    },
  };
}

function bearerOf(authorization: string | null): string | undefined {
  if (authorization === null) return undefined;
  const [, scheme, rest] = /^(bearer|basic) +([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(authorization) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return rest;
  const pair = Buffer.from(rest, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { Scope } from "../src/access.ts";
import { tokenAccess } from "../src/token-access.ts";

const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
const access = tokenAccess(
  [
    { name: "reader", sha256: sha256("read"), scope: "read" },
    { name: "writer of a", sha256: sha256("write"), scope: "write", stores: ["a"] },
    { name: "operator", sha256: sha256("admin"), scope: "admin" },
  ],
  (id) => id === "public",
);

const judge = (authorization: string | null, scope: Scope, id?: string) =>
  access.judge({ get: () => authorization }, scope, id);

it.each([
  ["Bearer read", "read", "a", "granted"],
  ["Bearer read", "read", undefined, "granted"],
  ["Bearer read", "write", "a", "forbidden"],
  ["Bearer write", "read", "a", "granted"],
  ["Bearer write", "write", "a", "granted"],
  ["Bearer write", "write", "b", "forbidden"],
  ["Bearer write", "read", "b", "forbidden"],
  ["Bearer write", "read", undefined, "forbidden"],
  ["Bearer admin", "admin", undefined, "granted"],
  ["Bearer admin", "write", "b", "granted"],
  ["bearer read", "read", "a", "granted"],
  [`Basic ${btoa("any:read")}`, "read", "a", "granted"],
  [`Basic ${btoa("read")}`, "read", "a", "unauthenticated"],
  ["Bearer other", "read", "a", "unauthenticated"],
  ["Bearer ", "read", "a", "unauthenticated"],
  ["Bearer read extra", "read", "a", "unauthenticated"],
  [sha256("read"), "read", "a", "unauthenticated"],
  [`Bearer ${sha256("read")}`, "read", "a", "unauthenticated"],
  [null, "read", "a", "unauthenticated"],
  [null, "read", "public", "granted"],
  [null, "write", "public", "unauthenticated"],
  ["Bearer other", "read", "public", "granted"],
] as const)("%s, %s of %s: %s", (authorization, scope, id, permission) => {
  expect(judge(authorization, scope, id)).toBe(permission);
});

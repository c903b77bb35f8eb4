import { expect, test } from "vitest";
import type { Permission } from "../../src/access.ts";
import { refusal } from "../../src/http/authorize.ts";

const request = new Request("http://server.example/api/v1/stores");
const judging = (permission: Permission) => ({ access: { judge: () => permission } });

test("lets through what is granted", () => {
  expect(refusal(judging("granted"), request, "admin")).toBeUndefined();
});

test("asks for a token where there is none that is known: RFC 9110 §11.6.1", async () => {
  const answer = refusal(judging("unauthenticated"), request, "write");
  expect(answer?.status).toBe(401);
  expect(answer?.headers.get("www-authenticate")).toBe('Bearer realm="zarr-cache", scope="write"');
  expect(await answer?.json()).toMatchObject({ status: 401 });
});

test("says that a token does not reach so far: RFC 6750 §3.1", () => {
  const answer = refusal(judging("forbidden"), request, "admin");
  expect(answer?.status).toBe(403);
  expect(answer?.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
});

import { createApp } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { sha256 } from "../../src/config/environment.ts";
import { tokenAccess } from "../../src/token-access.ts";
import { testContext } from "../support/test-context.ts";

const evaluated = async (request: Request) => new Response(await request.text());

function ask(context: Parameters<typeof testContext>[1], headers: Record<string, string> = {}) {
  const app = createApp(testContext(new Map(), context));
  return app.request("/api/v1/evaluate", { method: "POST", body: "{}", headers });
}

it("hands a request on, and tells /openapi.json", async () => {
  const answer = await ask({ evaluation: evaluated });
  expect(await answer.text()).toBe("{}");
  const document = await createApp(testContext(new Map(), { evaluation: evaluated })).request(
    "/openapi.json",
  );
  expect((await document.json()).paths["/api/v1/evaluate"].post.responses).toHaveProperty("504");
});

it("says that it evaluates nothing where it is not configured to", async () => {
  const answer = await ask({});
  expect([answer.status, (await answer.json()).detail]).toEqual([
    404,
    expect.stringMatching(/configure pipelines.evaluate/),
  ]);
});

it("is for tokens of the whole server, and not for pages of other sites", async () => {
  const access = tokenAccess(
    [
      { name: "all", sha256: sha256("all"), scope: "read" },
      { name: "one", sha256: sha256("one"), scope: "read", stores: ["data"] },
    ],
    () => true,
  );
  const bearing = async (headers: Record<string, string>) =>
    (await ask({ evaluation: evaluated, access }, headers)).status;
  expect(await bearing({ authorization: "Bearer all" })).toBe(200);
  expect(await bearing({ authorization: "Bearer one" })).toBe(403);
  expect(await bearing({})).toBe(401);
  expect(await bearing({ authorization: "Bearer all", "sec-fetch-site": "cross-site" })).toBe(403);
});

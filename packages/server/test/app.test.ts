import { createApp, type Log, silentLog } from "@zarr-cache/server";
import { expect, test } from "vitest";
import { testContext } from "./support/test-context.ts";

test("tells that the process runs", async () => {
  const answer = await createApp(testContext()).request("/healthz");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ status: "ok" });
});

test("answers what there is not with a problem of RFC 9457", async () => {
  const answer = await createApp(testContext()).request("/nowhere");
  expect(answer.status).toBe(404);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(await answer.json()).toMatchObject({ title: "Not Found", status: 404 });
});

test("tells the log and not the client what went wrong inside", async () => {
  const lines: object[] = [];
  const log: Log = { ...silentLog, error: (fields) => void lines.push(fields) };
  const app = createApp(testContext(undefined, { log }));
  const secret = new Error("the secret of /srv/data.ts");
  app.get("/broken", () => {
    throw secret;
  });
  const answer = await app.request("/broken");
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toMatch(/secret|srv|at /);
  expect(lines).toEqual([{ err: secret, method: "GET", path: "/broken" }]);
});

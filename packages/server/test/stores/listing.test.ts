import { expect, it } from "vitest";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

const source = new Map(
  ["/zarr.json", "/t2m/zarr.json", "/t2m/c/0", "/t2m/c/1", "/t2m/c/2"].map((key) => [key, new Uint8Array(1)]),
);

it("lists the children of a path as JSON", async () => {
  const { ask } = testServer(source);
  const answer = await ask("/t2m/");
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(await answer.json()).toEqual({
    store: "data",
    path: "/t2m/",
    children: ["c/", "zarr.json"],
    next: null,
  });
  expect(await (await ask("")).json()).toMatchObject({ path: "/", children: ["t2m/", "zarr.json"] });
});

it("lists in pages", async () => {
  const { ask } = testServer(source);
  expect(await (await ask("/t2m/c/?limit=2")).json()).toMatchObject({ children: ["0", "1"], next: "1" });
  expect(await (await ask("/t2m/c/?limit=2&after=1")).json()).toMatchObject({ children: ["2"], next: null });
  expect((await ask("/t2m/c/?limit=0")).status).toBe(400);
});

it("says that a source cannot list", async () => {
  const answer = await testServer(new TaggedSource()).ask("/");
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain("cannot list");
});

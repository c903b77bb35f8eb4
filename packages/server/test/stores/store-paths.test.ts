import { expect, it } from "vitest";
import { parseStorePath, pathOf } from "../../src/http/store-path.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

it.each([
  ["/stores/era5/t2m/c/0/4", { kind: "key", id: "era5", key: "/t2m/c/0/4" }],
  ["/stores/era5/2%20m/zarr.json", { kind: "key", id: "era5", key: "/2 m/zarr.json" }],
  ["/stores/era5/%E6%B0%97/0.0", { kind: "key", id: "era5", key: "/気/0.0" }],
  ["/stores/era5/100%25/0", { kind: "key", id: "era5", key: "/100%/0" }],
  ["/stores/era5/t2m/", { kind: "directory", id: "era5", path: "/t2m/" }],
  ["/stores/era5/", { kind: "directory", id: "era5", path: "/" }],
  ["/stores/era5", { kind: "directory", id: "era5", path: "/" }],
])("reads %s", (path, meaning) => {
  expect(parseStorePath(path)).toEqual(meaning);
});

it.each([
  "/c%2F0",
  "/c%2f0",
  "/%2e%2e%2fetc/passwd",
  "/c%252F0",
  "/%252e%252e/x",
  "/c%2500",
  "/c%00",
  "/c%5C0",
  "/c%255c0",
  "/c%0a0",
  "/%7F",
  "/c//0",
  "//c",
  "/%ff",
  "/%",
  "/%zz",
  "/%ed%a0%80",
])("refuses %s, and asks the source for nothing", async (path) => {
  const source = new TaggedSource();
  const answer = await testServer(source).ask(path);
  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(source.reads).toEqual([]);
});

it("takes the path as it was sent", () => {
  expect(pathOf("http://a.example/stores/x/%41?b=/c#d")).toBe("/stores/x/%41");
  expect(pathOf("http://a.example/#/stores")).toBe("/");
  expect(pathOf("http://a.example/stores/x/c#d?e")).toBe("/stores/x/c");
  expect(pathOf("http://a.example/stores/x/c#d/?e#f")).toBe("/stores/x/c");
});

import type { Access } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { Records, startAside } from "./support.ts";

it.each([
  ["GET", "/cache/api/v1.0/?path=file1.json", "read data"],
  ["GET", "/cache/api/v1.0/?command=head&path=file1.json", "read data"],
  ["GET", "/cache/api/v1.0/?command=head", "read data"],
  ["GET", "/cache/api/v1.0/?command=create&path=file1.json", "write data"],
  ["GET", "/cache/api/v1.0/?command=update&path=file1.json", "write data"],
  ["GET", "/cache/api/v1.0/?command=delete&path=file1.json", "write data"],
  ["GET", "/cache/api/v1.0/?function=cache_stats", "read all"],
  ["GET", "/api/v1/functions", "read all"],
  ["POST", "/api/v1/functions/cache_stats", "read all"],
  ["GET", "/api/v1/objects/file1.json", "read data"],
  ["HEAD", "/api/v1/objects/file1.json", "read data"],
  ["PUT", "/api/v1/objects/file1.json", "write data"],
  ["DELETE", "/api/v1/objects/file1.json", "write data"],
])("asks for a token: %s %s", async (method, path, wanted) => {
  const asked: string[] = [];
  const access: Access = {
    judge(_, scope, storeId = "all") {
      asked.push(`${scope} ${storeId}`);
      return "unauthenticated";
    },
  };
  const records = new Records();
  const { request } = await startAside(records, {}, { access });
  const answer = await request(path, { method });
  expect([answer.status, asked]).toEqual([401, [wanted]]);
  expect(answer.headers.get("www-authenticate")).toContain("Bearer");
  expect(records.reads).toEqual([]);
});

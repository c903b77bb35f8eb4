import { describe, expect, it } from "vitest";
import { isStillEncoded } from "../../src/http/content-codings.ts";
import { counted } from "../support/bytes.ts";
import { fakeServer, ok } from "./support/fake-server.ts";

const VALUE = counted(100);
const ZSTD = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...counted(96));

describe("a value that came in a content coding", () => {
  it.each<[string, Record<string, string>, Uint8Array, boolean]>([
    ["none", {}, VALUE, false],
    ["identity", { "content-encoding": "identity", "content-length": "100" }, VALUE, false],
    ["one that every platform undoes", { "content-encoding": "GZip", "content-length": "100" }, VALUE, false],
    ["several of these", { "content-encoding": "br, deflate" }, VALUE, false],
    ["one that says nothing of the value", { "content-encoding": "aws-chunked" }, VALUE, false],
    ["one that nobody knows", { "content-encoding": "x-ours" }, VALUE, true],
    ["one of these among others", { "content-encoding": "gzip, compress" }, VALUE, true],
    ["zstd, not undone, by its length", { "content-encoding": "zstd", "content-length": "100" }, VALUE, true],
    ["zstd, undone", { "content-encoding": "zstd", "content-length": "60" }, ZSTD, false],
    ["zstd, not undone, by its bytes", { "content-encoding": "zstd" }, ZSTD, true],
    ["zstd of unknown length, undone", { "content-encoding": "zstd" }, VALUE, false],
  ])("%s", (_, headers, bytes, isLeft) => {
    expect(isStillEncoded(new Headers(headers), bytes)).toBe(isLeft);
  });

  it("is an error where that was not undone, and no value", async () => {
    const { source } = fakeServer(() => ok(VALUE, { "content-encoding": "zstd" }));
    await expect(source.get("/c/0")).rejects.toMatchObject({
      tag: "SourceError",
      attempts: 1,
      message: expect.stringContaining('"zstd"'),
    });
  });
});

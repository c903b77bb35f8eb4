import { Readable } from "node:stream";
import type { AsyncReadable } from "@zarrita/storage";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Source } from "../../src/index.ts";
import { type S3ClientLike, S3Source, type S3SourceOptions } from "../../src/s3/index.ts";

/** A client that answers every command with this. */
function clientWith(output: object): S3ClientLike {
  return { send: async () => ({ $metadata: { httpStatusCode: 200 }, ...output }) };
}

describe("S3Source", () => {
  it("is a store to zarrita, and a source with the abilities of reading and listing", () => {
    expectTypeOf<S3Source>().toExtend<AsyncReadable>();
    expectTypeOf<S3Source>().toExtend<
      Source & Required<Pick<Source, "getRange" | "read" | "identity" | "keys" | "list" | "getSize" | "has">>
    >();
  });

  it.each([
    ["s3://bucket", "s3://bucket"],
    ["s3://bucket/", "s3://bucket"],
    ["s3://bucket/a b/c%20d.zarr//", "s3://bucket/a b/c%20d.zarr"],
  ])("takes %s as it stands", (url, identity) => {
    expect(new S3Source(url).identity).toBe(identity);
  });

  it.each(["", "s3:/x", "s3://", "s3://-/x", "s3://bucket//x", "https://bucket/x", 7])(
    "refuses %j and says what is allowed",
    (url) => {
      expect(() => new S3Source(url as string)).toThrow(/"s3:\/\/bucket\/era5\.zarr"/);
    },
  );

  it("names its endpoint without secrets, or what it is told", () => {
    const clientConfig = { endpoint: "https://user:secret@s3.example:9000/path/?token=secret" };
    expect(new S3Source("s3://bucket/x", { clientConfig }).identity).toBe(
      "s3://bucket/x at https://s3.example:9000/path",
    );
    expect(new S3Source("s3://bucket/x", { clientConfig, identity: "era5" }).identity).toBe("era5");
  });

  it.each([
    ["unsigned", { unsigned: 1 }],
    ["unsigned", { unsigned: true, client: clientWith({}) }],
    ["writable", { writable: "yes" }],
    ["missing", { missing: [500] }],
    ["missing", { missing: 404 }],
    ["identity", { identity: "" }],
    ["maxBytes", { maxBytes: -1 }],
    ["shared", { shared: null }],
    ["clock", { clock: 5 }],
    ["client", { client: {} }],
    ["retries", { retries: -1 }],
    ["S3Source.secretAccessKey", { secretAccessKey: "secret" }],
  ])("refuses an impossible %s", (option, options) => {
    const make = () => new S3Source("s3://bucket/x", options as S3SourceOptions);
    expect(make).toThrow(expect.objectContaining({ tag: "InvalidOptionError", option }));
    expect(make).not.toThrow(/secret"/);
  });

  it("tells how long an object may be kept", async () => {
    const client = clientWith({
      Body: Readable.from([Buffer.from("abc")]),
      ContentLength: 3,
      CacheControl: "max-age=60, s-maxage=30, private",
    });
    const kept = await new S3Source("s3://bucket", { client }).read("/a");
    expect(kept.freshness).toEqual({ age: 0, freshFor: 60_000, private: true });
    const expires = clientWith({ Body: Readable.from([]), ContentLength: 0, ExpiresString: "0" });
    const { freshness } = await new S3Source("s3://bucket", { client: expires }).read("/a");
    expect(freshness).toEqual({ age: 0, freshFor: 0 });
  });

  it("takes no answer of unknown length", async () => {
    const client = clientWith({ Body: Readable.from([Buffer.from("abc")]) });
    await expect(new S3Source("s3://bucket", { client }).get("/a")).rejects.toThrow(/how long it is/);
  });
});

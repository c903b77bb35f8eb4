import { describe, expect, it } from "vitest";
import { type S3ClientLike, S3StoreOpener, type S3StoreOpenerOptions } from "zarr-cache/s3";
import * as s3 from "../../src/s3/index.ts";
import { parseObjectPattern } from "../../src/s3/object-pattern.ts";
import { packSeal, sealBehind, sealInMetadata, unpackSeal } from "../../src/s3/object-seal.ts";
import { sealSize } from "../../src/tier/seal.ts";

const TOKEN = `0123456789abcdef${"12".repeat(12)}`;

describe("zarr-cache/s3", () => {
  it("exports what is listed here and nothing else", () => {
    expect(Object.keys(s3).sort()).toEqual(["BucketError", "S3Source", "S3StoreOpener", "bucketPattern"]);
  });
});

describe("the place of an S3StoreOpener", () => {
  it.each([
    "",
    "s3:/x",
    "s3://",
    "s3://bucket",
    "s3://bucket/",
    "s3:///prefix/{store_id}",
    "s3://bucket/prefix",
    "s3://bucket/{store_id}/{store_id}",
    "s3://bucket/{store}/{store_id}",
    "s3://bucket/../{store_id}",
    "s3://bucket/./{store_id}",
    "s3://bucket//{store_id}",
    "s3://bucket/a b/{store_id}",
    "s3://{store_id}/x",
    "s3://-/{store_id}",
    "https://bucket/{store_id}",
    7,
  ])("refuses %j and says what is allowed", (place) => {
    expect(() => new S3StoreOpener(place as string)).toThrow(/"s3:\/\/bucket\/prefix\/\{store_id\}\.zarr"/);
  });

  it.each([
    ["s3://my_bucket/{store_id}.zarr", "", "a.b.zarr"],
    ["s3://bucket/one/two/{store_id}", "one/two/", "one/two/a.b"],
    ["s3://bucket/v1-{store_id}/", "v1-", "v1-a.b"],
    ["s3://bucket/x/{store_id}.zarr/chunks", "x/", "x/a.b.zarr/chunks"],
  ])("%s names objects by tokens and knows them again", (place, prefix, directory) => {
    const pattern = parseObjectPattern("place", place);
    expect(pattern.prefix).toBe(prefix);
    expect(pattern.keyOf("a.b", TOKEN)).toBe(`${directory}/12/${TOKEN}`);
    expect(pattern.nameOf(`${directory}/12/${TOKEN}`)).toEqual({ storeId: "a.b", token: TOKEN });
    for (const other of [
      `${directory}/13/${TOKEN}`,
      `${directory}/${TOKEN}`,
      `${directory}/c/0`,
      `z/${directory}/12/${TOKEN}`,
      `${prefix}../12/${TOKEN}`,
      TOKEN,
    ])
      expect(pattern.nameOf(other), other).toBeUndefined();
  });

  it.each(["../../x", "A".repeat(40), "short", `${TOKEN}/x`])(
    "never makes an object named %j",
    async (name) => {
      const store = new S3StoreOpener("s3://bucket/{store_id}").open("a");
      await expect(store.set(name, new Uint8Array(1), undefined)).rejects.toThrow(/token/);
      await expect(store.get(name, 1, 0)).rejects.toThrow(/token/);
      expect(() => new S3StoreOpener("s3://bucket/{store_id}").open("../a")).toThrow(/storeId/);
    },
  );
});

describe("the options of an S3StoreOpener", () => {
  it.each([
    [{ region: "x" }, /region/],
    [{ client: {} }, /client/],
    [{ client: { send() {} }, clientConfig: {} }, /nothing beside a client/],
    [{ concurrency: 0 }, /concurrency/],
    [{ retries: -1 }, /retries/],
    [{ timeout: "soon" }, /timeout/],
    [{ deadline: -1 }, /deadline/],
  ])("refuse %j", (options, message) => {
    expect(() => new S3StoreOpener("s3://bucket/{store_id}", options as S3StoreOpenerOptions)).toThrow(
      message,
    );
  });

  it("never show the credentials that they were given", () => {
    const clientConfig = { credentials: { accessKeyId: "a", secretAccessKey: "a-very-secret-key" } };
    const options = { clientConfig, client: { async send() {} } };
    const misspelt = { credentials: clientConfig.credentials };
    for (const given of [options, misspelt] as S3StoreOpenerOptions[]) {
      const make = () => new S3StoreOpener("s3://bucket/{store_id}", given);
      expect(make).toThrow(/clientConfig|credentials/);
      expect(make).not.toThrow(/secret-key/);
      const located = () =>
        new S3StoreOpener([
          { name: "a", url: "s3://bucket/{store_id}", ...given },
          { name: "b", url: "s3:/x" },
        ]);
      expect(located).toThrow();
      expect(located).not.toThrow(/secret-key/);
    }
  });
});

describe("the locations of an S3StoreOpener", () => {
  const place = (name: string, more = {}) => ({ name, url: `s3://bucket-${name}/{store_id}`, ...more });

  it.each([
    [[], /array of places/],
    [[place("A")], /small letters/],
    [[place("x".repeat(33))], /small letters/],
    [[place("a"), place("a")], /names that differ/],
    [[place("a", { draining: true })], /not draining/],
    [[place("a", { weight: 0 })], /above 0/],
    [[place("a", { url: "s3:/x" })], /a place such as/],
    [[place("a", { where: 1 })], /locations\.where/],
  ])("refuse %j", (locations, message) => {
    expect(() => new S3StoreOpener(locations)).toThrow(message);
  });

  it("are not for an opener of one place", () => {
    const opener = new S3StoreOpener("s3://bucket/{store_id}");
    expect(opener.place).toBeUndefined();
    expect(() => opener.setLocations([place("a")])).toThrow(/give it an array/);
  });

  it("each use their own client, or the common one, and keep it when others come and go", async () => {
    const sent: string[] = [];
    const client = (name: string): S3ClientLike => ({
      async send({ input }: { input: { Bucket: string } }) {
        sent.push(`${name} ${input.Bucket}`);
        return { $metadata: {} };
      },
    });
    const a = place("a", { client: client("own") });
    const opener = new S3StoreOpener([a, place("b")], { client: client("common") });
    await opener.check();
    opener.setLocations([{ ...a, draining: true }, place("c")]);
    await opener.check();
    expect(sent).toEqual(["own bucket-a", "common bucket-b", "own bucket-a", "common bucket-c"]);
    await opener.close();
  });
});

describe("a seal", () => {
  it("stands in the metadata with 256 frames and a long key", () => {
    const key = `/${"group/".repeat(40)}c/0/0/0`;
    const range = { offset: 1_000_000, length: 1_000_000 };
    expect(sealBehind(sealSize({ storeId: "a".repeat(40), key, range }, 2 ** 30))).toBe(0);
  });

  it("never takes more than the 2 KB that S3 allows, its name included", () => {
    for (let size = 1; size < 4000; size++) {
      const packed = Object.entries(packSeal(new Uint8Array(size).fill(255)));
      const bytes = packed.reduce(
        (sum, [name, value]) => sum + "x-amz-meta-".length + name.length + value.length,
        0,
      );
      expect(sealBehind(size) === size ? bytes > 2044 : bytes <= 2048, `${size} bytes`).toBe(true);
      expect(sealInMetadata(size)).toBe(sealBehind(size) > 0 ? 0 : packed[0]?.[1].length);
    }
  });

  it("that is there no more, or is not one, is none", () => {
    expect(unpackSeal(undefined)).toBeUndefined();
    expect(unpackSeal({ "zc-seal": "%%%" })).toBeUndefined();
    expect(unpackSeal(packSeal(Uint8Array.of(0, 128, 255)))).toEqual(Uint8Array.of(0, 128, 255));
  });
});

describe("a client that was given", () => {
  it("is used as it is, and not closed", async () => {
    const sent: string[] = [];
    let destroyed = 0;
    const client = {
      async send(command: { constructor: { name: string } }) {
        sent.push(command.constructor.name);
        return { $metadata: {} };
      },
      destroy() {
        destroyed += 1;
      },
    };
    const opener = new S3StoreOpener("s3://bucket/{store_id}", { client });
    await opener.check();
    await opener.open("a").set(TOKEN, new Uint8Array(1), undefined);
    await opener.close();
    expect([sent, destroyed]).toEqual([["HeadBucketCommand", "PutObjectCommand"], 0]);
  });
});

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { expectTypeOf, it } from "vitest";
import { openCache } from "../../src/node/index.ts";
import { type S3ClientLike, type S3ClientSettings, S3Source, S3StoreOpener } from "../../src/s3/index.ts";

it("clients and settings of the SDK are taken as they are, although its types are not named", () => {
  expectTypeOf<S3Client>().toExtend<S3ClientLike>();
  expectTypeOf<S3ClientConfig>().toExtend<S3ClientSettings>();
  const make = () => [
    new S3StoreOpener("s3://b/{store_id}", { client: new S3Client({}) }),
    new S3StoreOpener("s3://b/{store_id}", { clientConfig: { region: "eu-central-1", maxAttempts: 1 } }),
    new S3Source("s3://b/x.zarr", { clientConfig: { endpoint: "http://127.0.0.1:9000" } as S3ClientConfig }),
    openCache("s3://b/x", { index: "redis://127.0.0.1", maxBytes: 1, client: new S3Client({}) }),
  ];
  expectTypeOf(make).toBeFunction();
});

import { randomUUID } from "node:crypto";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, it } from "vitest";
import { S3StoreOpener } from "zarr-cache/s3";
import { describeStoreOpener } from "zarr-cache/testing";
import { startRadosgw } from "../support/radosgw.ts";
import {
  clientOf,
  configOf,
  givenS3Server,
  type S3Server,
  startFauxqs,
  tidyBucket,
} from "../support/s3-server.ts";

const radosgw = givenS3Server() ?? (await startRadosgw());
const servers: Record<string, S3Server> = { fauxqs: await startFauxqs(), ...(radosgw && { radosgw }) };
afterAll(() => Promise.all(Object.values(servers).map((server) => server.stop())));

if (radosgw === undefined)
  it.skip(
    "S3StoreOpener on radosgw: needs Debian, or S3_ENDPOINT with S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY",
  );

for (const [name, server] of Object.entries(servers)) {
  const bucket = `cache-${randomUUID()}`;
  let client: S3Client;
  beforeAll(async () => {
    client = clientOf(server);
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  afterAll(async () => {
    await tidyBucket(client, bucket);
    client.destroy();
  });

  describeStoreOpener(`S3StoreOpener on ${name}`, {
    describe,
    it,
    async open() {
      const prefix = randomUUID();
      const make = () =>
        new S3StoreOpener(`s3://${bucket}/${prefix}/{store_id}.zarr`, { clientConfig: configOf(server) });
      return {
        opener: make(),
        again: async () => make(),
        async truncate(storeId, token) {
          const Key = `${prefix}/${storeId}.zarr/${token.slice(-2)}/${token}`;
          const { Body, Metadata } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
          const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(1);
          const cut = bytes.slice(0, -1);
          await client.send(
            new PutObjectCommand({ Bucket: bucket, Key, Body: cut, ...(Metadata && { Metadata }) }),
          );
        },
        dispose: async () => {},
      };
    },
  });
}

import { randomUUID } from "node:crypto";
import { CreateBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { onTestFinished } from "vitest";
import { S3StoreOpener, type S3StoreOpenerOptions } from "zarr-cache/s3";
import { type HttpFaultProxy, startHttpFaultProxy } from "./http-fault-proxy.ts";
import { clientOf, configOf, type S3Server, tidyBucket } from "./s3-server.ts";

/** A bucket of one test, with a proxy before it that can do harm. */
export interface TestBucket {
  readonly name: string;
  /** What tests do behind the cache's back. */
  readonly client: S3Client;
  readonly proxy: HttpFaultProxy;
  /** An opener of the bucket through the proxy. */
  opener(options?: S3StoreOpenerOptions): S3StoreOpener;
  /** The key of a token's object. */
  keyOf(storeId: string, token: string): string;
}

/** Makes an empty bucket. */
export async function testBucket(server: S3Server): Promise<TestBucket> {
  const name = `test-${randomUUID()}`;
  const client = clientOf(server);
  onTestFinished(() => client.destroy());
  await client.send(new CreateBucketCommand({ Bucket: name }));
  onTestFinished(() => tidyBucket(client, name));
  const proxy = await startHttpFaultProxy(server.endpoint);
  onTestFinished(() => proxy.stop());
  return {
    name,
    client,
    proxy,
    opener(options = {}) {
      const clientConfig = configOf(server, proxy.endpoint);
      const opener = new S3StoreOpener(`s3://${name}/cache/{store_id}.zarr`, { clientConfig, ...options });
      onTestFinished(() => opener.close());
      return opener;
    },
    keyOf: (storeId, token) => `cache/${storeId}.zarr/${token.slice(-2)}/${token}`,
  };
}

import type { AddressInfo } from "node:net";
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { buildApp } from "fauxqs";

/** An S3 server for tests. */
export interface S3Server {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

/** Starts an S3 server in this process that keeps objects in memory and accepts any credentials. */
export async function startFauxqs(): Promise<S3Server> {
  const app = buildApp({ logger: false });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    async stop() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** The server that `S3_ENDPOINT`, `S3_ACCESS_KEY_ID` and `S3_SECRET_ACCESS_KEY` name, where they are set. */
export function givenS3Server(): S3Server | undefined {
  const { S3_ENDPOINT, S3_ACCESS_KEY_ID = "", S3_SECRET_ACCESS_KEY = "" } = process.env;
  if (S3_ENDPOINT === undefined) return undefined;
  const credentials = { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY };
  return { endpoint: S3_ENDPOINT, credentials, stop: async () => {} };
}

/** Removes a bucket from a server that goes on after the tests; one that ends with them needs no tidying. */
export async function tidyBucket(client: S3Client, bucket: string): Promise<void> {
  if (givenS3Server() === undefined) return;
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    if (Contents.length === 0) break;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
  }
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}

/** Settings of a client of a test server, also through a proxy. */
export function configOf(server: S3Server, endpoint: string = server.endpoint) {
  return { endpoint, region: "us-east-1", credentials: server.credentials, forcePathStyle: true };
}

/** A plain client, for what tests do behind the cache's back. */
export function clientOf(server: S3Server): S3Client {
  return new S3Client({
    ...configOf(server),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

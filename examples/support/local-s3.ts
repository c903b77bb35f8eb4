import type { AddressInfo } from "node:net";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { buildApp } from "fauxqs";

/** Stands in for S3, so that the examples run offline: a server in this process with an empty bucket. */
export async function localS3(bucket: string): Promise<{ client: S3Client; stop(): Promise<void> }> {
  const app = buildApp({ logger: false });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const stop = async () => {
    client.destroy();
    app.server.closeAllConnections();
    await app.close();
  };
  return { client, stop };
}

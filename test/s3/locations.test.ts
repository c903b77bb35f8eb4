import { setImmediate } from "node:timers/promises";
import { CopyObjectCommand, CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex } from "zarr-cache";
import { drainLocation } from "zarr-cache/locations";
import { type S3Location, S3StoreOpener } from "zarr-cache/s3";
import { checkInvariants, countingSource } from "zarr-cache/testing";
import { clientOf, startFauxqs } from "../support/s3-server.ts";

const server = await startFauxqs();
const client = clientOf(server);
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const KEYS = Array.from({ length: 40 }, (_, i) => `/c/${i}` as const);
const content = (key: string) => new Uint8Array(100_000).fill(Number(key.slice(3)));
const locationOf = (bucket: string): S3Location => ({
  name: bucket,
  url: `s3://bucket-${bucket}/{store_id}.zarr`,
});

async function keysIn(bucket: string): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: `bucket-${bucket}` }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}

it("adds, drains, removes and moves buckets while they are read, without asking the source again", async () => {
  for (const name of ["a", "b", "c"])
    await client.send(new CreateBucketCommand({ Bucket: `bucket-${name}` }));
  const [a, b] = [locationOf("a"), locationOf("b")];
  const opener = new S3StoreOpener([a], { client });
  const storage = new IndexedCacheStorage(new MemoryStoreIndex(), opener, { deadline: "1m" });
  onTestFinished(() => storage.close());
  const source = countingSource({ get: async (key: string) => content(key) });
  const store = new CachedStore(source, "s", storage);
  const readAll = async () => {
    await Promise.all(
      KEYS.map(async (key) =>
        expect(Buffer.compare((await store.get(key)) ?? new Uint8Array(0), content(key))).toBe(0),
      ),
    );
    await store.idle();
  };
  await readAll();
  expect(await keysIn("a")).toHaveLength(KEYS.length);

  let isOver = false;
  const load = (async () => {
    while (!isOver) {
      await readAll();
      await setImmediate();
    }
  })();
  opener.setLocations([{ ...a, draining: true }, b]);
  expect(await drainLocation(storage, "a")).toEqual({ moved: KEYS.length, dropped: 0, left: 0 });
  opener.setLocations([b]);
  await readAll();
  isOver = true;
  await load;
  await storage.idle();
  expect([(await keysIn("a")).length, (await keysIn("b")).length]).toEqual([0, KEYS.length]);

  for (const Key of await keysIn("b"))
    await client.send(new CopyObjectCommand({ Bucket: "bucket-c", Key, CopySource: `bucket-b/${Key}` }));
  opener.setLocations([{ ...locationOf("c"), name: "b" }]);
  await readAll();
  expect(source.requests).toHaveLength(KEYS.length);
  await checkInvariants(storage);
});

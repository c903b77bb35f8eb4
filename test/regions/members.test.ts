import { Documents, Region } from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(() => nats.stop());

async function open(name: string, namespace: string): Promise<Region> {
  const region = await Region.open({ region: name, nats: nats.region(name).url, namespace, heartbeat: 500 });
  onTestFinished(() => region.close());
  return region;
}

test("a member that is gone, or cannot be heard, drops off, and is there again when it is heard", async () => {
  const [fra, second, iad] = [
    await open("fra", "members"),
    await open("fra", "members"),
    await open("iad", "members"),
  ];
  const ids = () =>
    fra
      .members()
      .map(({ id }) => id)
      .sort();
  await until("all are heard", () => ids().length === 2);
  expect(ids()).toEqual([second.id, iad.id].sort());
  await second.close();
  await until("who has left is not there", () => !ids().includes(second.id));
  nats.region("iad").cable?.stall();
  await until("who cannot be heard is not there", () => ids().length === 0);
  nats.region("iad").cable?.heal();
  await until("it is there again", () => ids().includes(iad.id));
});

test("a region that cannot reach any other at first goes on alone, and joins them by itself", async () => {
  const fra = await open("fra", "unreachable");
  const here = new Documents(fra);
  onTestFinished(() => here.close());
  await here.put("from/fra", 1);
  nats.region("iad").cable?.stall();
  const iad = await open("iad", "unreachable");
  const there = new Documents(iad);
  onTestFinished(() => there.close());
  await there.put("from/iad", 2);
  expect((await there.get("from/iad"))?.value).toBe(2);
  expect(await there.get("from/fra")).toBeUndefined();
  expect((await iad.state()).members).toEqual([]);
  nats.region("iad").cable?.heal();
  await until("each has what the other wrote", async () => {
    const [one, other] = [await here.get("from/iad"), await there.get("from/fra")];
    return one?.value === 2 && other?.value === 1;
  });
});

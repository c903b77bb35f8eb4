import { Documents, Region } from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { type DocumentsOfRegions, startDocumentsOfRegions } from "../support/documents-of-regions.ts";
import { openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { until } from "../support/until.ts";

let regions: DocumentsOfRegions;

beforeAll(async () => {
  regions = await startDocumentsOfRegions("fra", "sin");
});

afterAll(() => regions.stop());

/** The server of "sin" loses its disk, under processes that live on. */
async function loseDisk(): Promise<void> {
  const server = regions.nats.region("sin");
  await server.kill();
  await server.start({ emptyDisk: true });
}

/** Whether a region's server holds its own log of a kind, as one that is written there. */
async function writes(region: Region, kind: "documents" | "drops", before: string): Promise<boolean> {
  const { stream } = region.own(kind);
  return stream !== before && (await region.logs(kind).state(stream))?.isMirror === false;
}

/** Notes the keys that are told to be put, for as long as the test runs. */
function watched(documents: Documents): string[] {
  const keys: string[] = [];
  const watch = async () => {
    for await (const change of documents.watch()) if (change.type === "put") keys.push(change.document.key);
  };
  const watching = watch();
  onTestFinished(() => watching);
  onTestFinished(() => documents.close());
  return keys;
}

test("processes whose server lost its disk have back what they wrote, and write on", async () => {
  const [fra, sin] = await regions.openInStep("documents", ["fra", "sin"]);
  if (fra === undefined || sin === undefined) throw new Error("they are not open");
  const second = await regions.open("sin", "documents");
  const warnings: string[] = [];
  sin.region.warnings.listen((message) => warnings.push(message));
  const told = watched(sin.documents);
  await until("it is told of what is written elsewhere", async () => {
    await fra.documents.put("from/fra", "first");
    return told.includes("from/fra");
  });
  let minVersion = "";
  for (let n = 0; n < 20; n++) minVersion = await sin.documents.put(`doc/${n}`, n);
  await fra.documents.get("doc/19", { minVersion, timeout: 60_000 });
  const former = sin.region.own("documents").stream;
  await loseDisk();
  for (const { region, documents } of [sin, second]) {
    await until("it writes a new log", () => writes(region, "documents", former));
    await until("it has all of them", async () => {
      const { documents: found } = await documents.list({ prefix: "doc/" });
      return found.length === 20;
    });
    expect((await documents.get("doc/7"))?.value).toBe(7);
    await until("it has what others wrote", async () => (await documents.get("from/fra"))?.value === "first");
  }
  expect(second.region.own("documents").stream).toBe(sin.region.own("documents").stream);
  expect(warnings.some((warning) => warning.includes(`lost stream "${former}"`))).toBe(true);
  // It knew what it writes over, so that nothing is superseded.
  const anew = await sin.documents.put("doc/7", "anew");
  expect((await second.documents.get("doc/7"))?.version).toBe(anew);
  const after = await second.documents.put("doc/7", "after");
  expect((await fra.documents.get("doc/7", { minVersion: after, timeout: 60_000 }))?.value).toBe("after");
  expect(fra.documents.superseded().count).toBe(0);
  const ids = (region: Region) =>
    region
      .members()
      .map(({ id }) => id)
      .sort();
  await until("all are heard", () => ids(fra.region).length === 2 && ids(sin.region).length === 2);
  expect(ids(sin.region)).toEqual([fra.region.id, second.region.id].sort());
  // Six of the two regions, and three of the former life, are here and in step.
  await until("all logs are here", async () => {
    const { logs } = await sin.region.state();
    return logs.length === 9 && logs.every(({ behind }) => behind === 0);
  });
  const later = await fra.documents.put("later", "from afar");
  expect((await sin.documents.get("later", { minVersion: later, timeout: 60_000 }))?.value).toBe("from afar");
  await until("it goes on to be told", () => told.includes("later") && told.includes("doc/7"));
});

test("a process that has not noticed yet writes nothing to the log that another one began", async () => {
  const [fra, sin] = await regions.openInStep("late", ["fra", "sin"]);
  if (fra === undefined || sin === undefined) throw new Error("they are not open");
  // Says only that it is there when it is asked.
  const { url } = regions.nats.region("sin");
  const region = await Region.open({ region: "sin", nats: url, namespace: "late", heartbeat: 3_600_000 });
  onTestFinished(() => region.close());
  const late = new Documents(region);
  onTestFinished(() => late.close());
  const minVersion = await sin.documents.put("doc", "before");
  await fra.documents.get("doc", { minVersion, timeout: 60_000 });
  const former = region.own("documents").stream;
  await loseDisk();
  await until("the other one writes a new log", () => writes(sin.region, "documents", former));
  await until("the former one is mirrored back", async () => (await late.get("doc"))?.value === "before");
  expect(region.own("documents").stream).toBe(former);
  await expect(late.put("doc", "late")).rejects.toMatchObject({ tag: "RegionUnavailableError" });
  expect((await sin.documents.get("doc"))?.version).toBe(minVersion);
  // Whoever comes asks who is there.
  await regions.open("fra", "late");
  await until("it writes the same log", () => writes(region, "documents", former));
  const after = await late.put("doc", "after");
  expect((await sin.documents.get("doc"))?.version).toBe(after);
});

/** The cache of one region, over tiers that can be filled past it. */
async function openCache(
  region: string,
  name: string,
  namespace = "drops",
  heartbeat = 100,
): Promise<[RegionalCache, () => Promise<boolean>]> {
  const tiers = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
  const { url } = regions.nats.region(region);
  const settings = { region, nats: url, namespace, name, heartbeat };
  const cache = await openRegionalCache(settings, tiers);
  onTestFinished(() => cache.close());
  await cache.storage.bind("data", undefined);
  const part = { storeId: "data", key: "/c/0" };
  await tiers.put(part, new Uint8Array(10));
  return [cache, () => tiers.has(part)];
}

test("what is invalidated is dropped everywhere, also the first after a server lost its disk", async () => {
  const [fra, fraHas] = await openCache("fra", "fra");
  const [sin, sinHas] = await openCache("sin", "sin");
  const [second, secondHas] = await openCache("sin", "second");
  const members = await Promise.all([fra, sin, second].map(({ storage }) => storage.joined()));
  await until("all logs are everywhere", () =>
    members.every((region) => region.logs("drops").streams.size === 2),
  );
  // Of another store: heard, and nothing is lost.
  await sin.storage.invalidate("other", "/");
  await fra.storage.invalidate("other", "/");
  const former = members[1]?.own("drops").stream as string;
  await loseDisk();
  for (const region of members.slice(1))
    await until("it writes a new log", () => writes(region, "drops", former));
  expect(await Promise.all([fraHas(), sinHas(), secondHas()])).toEqual([true, true, true]);
  await sin.storage.invalidate("data", "/c/0");
  await until(
    "it is dropped in its region and elsewhere",
    async () => !(await secondHas()) && !(await fraHas()),
  );
  await second.storage.put({ storeId: "data", key: "/c/0" }, new Uint8Array(10));
  expect(await secondHas()).toBe(true);
  await fra.storage.invalidate("data", "/c/0");
  await until("it is dropped there", async () => !(await secondHas()));
});

test("what was told in a log that the region began anew is dropped by those who find it later", async () => {
  const [fra] = await openCache("fra", "fra", "later");
  // Looks after its logs only when it is asked whether it is there.
  const [late, lateHas] = await openCache("sin", "late", "later", 3_600_000);
  const [there, region] = [await fra.storage.joined(), await late.storage.joined()];
  await late.storage.invalidate("data", "/c/0");
  const { stream } = region.own("drops");
  const message = () => there.link.manager.streams.getMessage(stream, { seq: 1 }).catch(() => null);
  await until("it is elsewhere", async () => (await message()) !== null);
  const told = await message();
  if (told === null) throw new Error("it is gone");
  for (const name of ["Nats-Expected-Stream", "Nats-Msg-Id"]) told.header.delete(name);
  await late.storage.put({ storeId: "data", key: "/c/0" }, new Uint8Array(10));
  await loseDisk();
  // As another member of the region does, which notices first.
  const { names, link } = region;
  const anew = names.stream({ kind: "drops", region: "sin", life: "anew" });
  const subjects = [names.subject("drops", "sin", ">")];
  await until("the log is begun anew", async () => {
    await link.manager.streams.add({ name: anew, subjects });
    return true;
  });
  await link.publisher.publish(told.subject, told.data, { headers: told.header });
  expect([region.own("drops").stream, await lateHas()]).toEqual([stream, true]);
  // Whoever comes asks who is there.
  await openCache("fra", "another", "later");
  await until("it is dropped there as well", async () => !(await lateHas()));
  expect(region.own("drops").stream).toBe(anew);
});

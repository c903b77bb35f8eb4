import { compareVersions, Documents, isRegionsError, parseVersion, Region } from "@zarr-cache/regions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;
const opened: { region: Region; documents: Documents }[] = [];

async function open(name: string, namespace: string) {
  const region = await Region.open({ region: name, nats: nats.region(name).url, namespace, heartbeat: 100 });
  const documents = new Documents(region);
  opened.push({ region, documents });
  return documents;
}

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad", "sin");
});

afterAll(async () => {
  for (const { region, documents } of opened) {
    await documents.close();
    await region.close();
  }
  await nats.stop();
});

describe("documents of three regions", () => {
  test("what is put in one region is read there at once, and soon in the others", async () => {
    const [fra, iad, sin] = [await open("fra", "put"), await open("iad", "put"), await open("sin", "put")];
    const version = await fra.put("station/1", { height: 3 }, { meta: { kind: "buoy" } });
    expect(await fra.get("station/1")).toMatchObject({
      value: { height: 3 },
      version,
      meta: { kind: "buoy" },
    });
    for (const other of [iad, sin]) {
      await until("it is known elsewhere", async () => (await other.get("station/1")) !== undefined);
      expect(await other.get("station/1", { minVersion: version })).toMatchObject({
        value: { height: 3 },
        version,
      });
    }
  });

  test("a deletion reaches every region and is not undone", async () => {
    const [fra, iad] = [await open("fra", "delete"), await open("iad", "delete")];
    const put = await fra.put("a", 1);
    expect(await iad.get("a", { minVersion: put, timeout: 60_000 })).toMatchObject({ value: 1 });
    const gone = await iad.delete("a");
    expect(await iad.get("a")).toBeUndefined();
    expect(await fra.get("a", { minVersion: gone, timeout: 60_000 })).toBeUndefined();
    expect((await fra.list()).documents).toEqual([]);
  });

  test("of writes that did not know of each other the later stands everywhere, and the other is listed", async () => {
    const [fra, iad] = [await open("fra", "cut"), await open("iad", "cut")];
    const before = await fra.put("a", "before");
    await iad.get("a", { minVersion: before, timeout: 60_000 });
    nats.region("iad").cable?.stall();
    const [here, there] = [await fra.put("a", "fra"), await iad.put("a", "iad")];
    // Each region goes on alone.
    expect((await fra.get("a"))?.value).toBe("fra");
    expect((await iad.get("a"))?.value).toBe("iad");
    nats.region("iad").cable?.heal();
    await until("both regions say the same", async () => {
      const [one, other] = [await fra.get("a"), await iad.get("a")];
      return one?.version === other?.version && one?.value === other?.value;
    });
    expect([here, there]).toContain((await fra.get("a"))?.version);
    await until("it is listed", () => fra.superseded().count + iad.superseded().count >= 2);
    expect(fra.superseded().writes).toEqual(iad.superseded().writes);
  });

  test("a region that lost its disk has back what it wrote", async () => {
    const [fra, sin] = [await open("fra", "lost"), await open("sin", "lost")];
    const versions: string[] = [];
    // Each twice: of the first ones nothing is left that a mirror could begin with.
    for (let n = 0; n < 20; n++) await sin.put(`doc/${n}`, -n);
    for (let n = 0; n < 20; n++) versions.push(await sin.put(`doc/${n}`, n));
    await fra.get("doc/19", { minVersion: versions[19] as string, timeout: 60_000 });
    await nats.region("sin").kill();
    expect((await fra.get("doc/7"))?.value).toBe(7);
    await expect(sin.put("doc/20", 20)).rejects.toSatisfy((error) =>
      isRegionsError(error, "RegionUnavailableError"),
    );
    await nats.region("sin").start({ emptyDisk: true });
    const anew = await open("sin", "lost");
    await until("it has all of them", async () => (await anew.list({ limit: 100 })).documents.length === 20);
    const after = await anew.put("doc/7", "anew");
    expect((await fra.get("doc/7", { minVersion: after, timeout: 60_000 }))?.value).toBe("anew");
  });

  test("a region that begins anew while it is alone answers from what it had", async () => {
    const [fra, iad] = [await open("fra", "alone"), await open("iad", "alone")];
    const version = await fra.put("a", 1);
    await iad.get("a", { minVersion: version, timeout: 60_000 });
    nats.region("iad").cable?.stall();
    await nats.region("iad").kill();
    await nats.region("iad").start();
    const alone = await open("iad", "alone");
    expect(await alone.get("a")).toMatchObject({ value: 1, version });
    const after = await alone.put("a", 2);
    nats.region("iad").cable?.heal();
    expect(await fra.get("a", { minVersion: after, timeout: 60_000 })).toMatchObject({ value: 2 });
  });

  test("what was replaced is not kept, and a region that was away meanwhile goes on", async () => {
    const [fra, iad] = [await open("fra", "replaced"), await open("iad", "replaced")];
    const { region } = opened.find(({ documents }) => documents === fra) as (typeof opened)[number];
    const messages = async () =>
      (await region.link.manager.streams.info(region.own("documents").stream)).state.messages;
    for (let n = 0; n < 10; n++) await fra.put(`a/${n % 2}`, n);
    expect(await messages()).toBe(2);
    await until("all of it is everywhere", async () => (await iad.get("a/1"))?.value === 9);
    nats.region("iad").cable?.stall();
    await until("the other region is not heard", () => region.members().length === 0);
    for (let n = 10; n < 20; n++) await fra.put(`a/${n % 2}`, n);
    expect(await messages()).toBe(2);
    nats.region("iad").cable?.heal();
    await until("it has come", async () => (await iad.get("a/1"))?.value === 19);
    const last = await fra.put("a/0", "last");
    expect((await iad.get("a/0", { minVersion: last, timeout: 60_000 }))?.value).toBe("last");
  });

  test("a region that comes after documents were replaced has the last ones", async () => {
    const fra = await open("fra", "late");
    let minVersion = "";
    for (let n = 0; n < 10; n++) minVersion = await fra.put(`a/${n % 2}`, n);
    const iad = await open("iad", "late");
    expect((await iad.get("a/1", { minVersion, timeout: 60_000 }))?.value).toBe(9);
    const next = await fra.put("a/0", "next");
    expect((await iad.get("a/0", { minVersion: next, timeout: 60_000 }))?.value).toBe("next");
  });

  test("members of one region that write one key at once come one after the other", async () => {
    const members = [await open("fra", "members"), await open("fra", "members")];
    const iad = await open("iad", "members");
    for (let round = 0; round < 5; round++) {
      const puts = members.flatMap((documents, m) =>
        Array.from({ length: 6 }, (_, n) => documents.put("a", `${round} ${m} ${n}`)),
      );
      const versions = (await Promise.all(puts)).sort((a, b) =>
        compareVersions(parseVersion(a), parseVersion(b)),
      );
      expect(new Set(versions).size).toBe(versions.length);
      const minVersion = versions.at(-1) as string;
      for (const documents of members) expect((await documents.get("a"))?.version).toBe(minVersion);
      expect((await iad.get("a", { minVersion, timeout: 60_000 }))?.version).toBe(minVersion);
    }
  });

  test("lists by key, prefix and meta, a page at a time", async () => {
    const fra = await open("fra", "list");
    for (let n = 0; n < 5; n++) await fra.put(`a/${n}`, n, { meta: { odd: n % 2 === 1 } });
    await fra.put("b", "é\n", { meta: { name: "é\n" } });
    const first = await fra.list({ prefix: "a/", limit: 3 });
    expect(first.documents.map(({ key }) => key)).toEqual(["a/0", "a/1", "a/2"]);
    const rest = await fra.list({ prefix: "a/", limit: 3, cursor: first.cursor as string });
    expect(rest).toMatchObject({ documents: [{ key: "a/3" }, { key: "a/4" }], cursor: undefined });
    expect((await fra.list({ meta: { odd: true } })).documents.map(({ key }) => key)).toEqual(["a/1", "a/3"]);
    expect((await fra.list({ prefix: "b" })).documents[0]?.meta).toEqual({ name: "é\n" });
  });

  test("a message that is repeated counts once", async () => {
    const fra = await open("fra", "repeat");
    const first = await fra.put("a", 1, { id: "message-1" });
    expect(await fra.put("a", 1, { id: "message-1" })).toBe(first);
  });

  test("an expired document is gone everywhere at the same instant", async () => {
    const fra = await open("fra", "expiry");
    await fra.put("a", 1, { expiresIn: 0 });
    expect(await fra.get("a")).toBeUndefined();
    await fra.put("b", 1);
    expect(await fra.expire("b")).toBe(true);
    expect(await fra.get("b")).toBeUndefined();
    expect(await fra.expire("b")).toBe(false);
    expect((await fra.list()).documents).toEqual([]);
  });

  test("tells of changes as they come", async () => {
    const [fra, iad] = [await open("fra", "watch"), await open("iad", "watch")];
    const known = await fra.put("a/0", 0);
    await iad.get("a/0", { minVersion: known, timeout: 60_000 });
    const changes = iad.watch("a/");
    const first = changes.next();
    const puts = (async () => {
      for (let n = 1; ; n++) {
        await fra.put("b", n);
        await fra.put("a/1", n);
        if (n === 40) return;
      }
    })();
    expect(await first).toMatchObject({ value: { type: "put", document: { key: "a/1" } } });
    await puts;
    await fra.delete("a/1");
    for await (const change of changes) if (change.type === "delete") break;
  });
});

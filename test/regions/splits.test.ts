import { type Documents, Region } from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type DocumentsOfRegions,
  type DocumentsPlace,
  equal,
  startDocumentsOfRegions,
} from "../support/documents-of-regions.ts";
import type { NatsRegions } from "../support/nats-regions.ts";
import { until } from "../support/until.ts";

let regions: DocumentsOfRegions;
let nats: NatsRegions;
let opened: DocumentsPlace[];

/** Opens regions that hold each other's logs. */
async function openInStep(namespace: string, clock = Date.now, ...names: string[]): Promise<Documents[]> {
  opened = await regions.openInStep(namespace, names, clock);
  return opened.map(({ documents }) => documents);
}

beforeAll(async () => {
  regions = await startDocumentsOfRegions("fra", "iad", "sin");
  nats = regions.nats;
});

afterAll(() => regions.stop());

test("a region that is killed and started on what it had goes on, and all are equal", async () => {
  const all = await openInStep("killed", Date.now, "fra", "sin");
  const [fra, sin] = all as [Documents, Documents];
  for (let n = 0; n < 10; n++) await sin.put(`sin/${n}`, n);
  await nats.region("sin").kill();
  for (let n = 0; n < 10; n++) await fra.put(`fra/${n}`, n);
  await nats.region("sin").start();
  // What it had acknowledged before it was killed is there, and it takes writes again.
  await until("it answers", async () => (await sin.get("sin/9"))?.value === 9);
  await until("it takes writes", async () => (await sin.put("sin/again", 1)) !== undefined);
  await equal(all);
  expect((await fra.list({ limit: 1000 })).documents).toHaveLength(21);
});

test("a message that comes again, as from a client whose acknowledgement was lost, changes nothing", async () => {
  const all = await openInStep("again", Date.now, "fra", "iad");
  const [fra, iad] = all as [Documents, Documents];
  const first = await fra.put("a", "first", { id: "message-1" });
  await iad.get("a", { minVersion: first, timeout: 60_000 });
  const second = await iad.put("a", "second");
  await fra.get("a", { minVersion: second, timeout: 60_000 });
  // Out of order, at the member that took it and at another one: what it stands at since is told.
  for (const documents of all) expect(await documents.put("a", "first", { id: "message-1" })).toBe(second);
  const { region } = opened[0] as DocumentsPlace;
  const { stream } = region.own("documents");
  const held = await region.link.manager.streams.getMessage(stream, { seq: 1 });
  if (held === null) throw new Error("the log is empty");
  // The very message once more, as long after as the server has forgotten its name.
  const again = { headers: held.header, msgID: "new" };
  await region.link.publisher.publish(held.subject, held.data, again);
  const { region: other } = opened[1] as DocumentsPlace;
  await until("it is in both regions", async () => (await other.logs("documents").end(stream)) === 2);
  for (const documents of all) {
    expect(await documents.get("a")).toMatchObject({ value: "second", version: second });
    expect(documents.superseded().count).toBe(0);
  }
});

test("what expired during a split does not come back after it", async () => {
  let ahead = 0;
  const all = await openInStep("expired", () => Date.now() + ahead, "fra", "iad");
  const [fra, iad] = all as [Documents, Documents];
  await fra.put("known", 1, { meta: { kind: "buoy" } });
  // By hand, at an instant to come: what else is known of it stays.
  const instant = Date.now() + 3_600_000;
  expect(await fra.expire("known", instant)).toBe(true);
  const { version: known = "", ...kept } = (await fra.get("known")) ?? {};
  expect(kept).toEqual({ key: "known", value: 1, expiresAt: instant, meta: { kind: "buoy" } });
  await iad.get("known", { minVersion: known, timeout: 60_000 });
  nats.region("iad").cable?.stall();
  await iad.put("unknown", 2, { expiresIn: 3_600_000 });
  expect((await iad.get("unknown"))?.value).toBe(2);
  ahead = 3_600_001;
  nats.region("iad").cable?.heal();
  const last = await iad.put("last", 3);
  await fra.get("last", { minVersion: last, timeout: 60_000 });
  for (const documents of all) {
    expect(await documents.get("known")).toBeUndefined();
    expect(await documents.get("unknown")).toBeUndefined();
    expect((await documents.list()).documents.map(({ key }) => key)).toEqual(["last"]);
  }
});

test("who asks for a version never gets an older one", async () => {
  const all = await openInStep("version", Date.now, "fra", "iad");
  const [fra, iad] = all as [Documents, Documents];
  const asked: Promise<void>[] = [];
  for (let n = 0; n < 50; n++) {
    const minVersion = await fra.put("a", n);
    asked.push(
      iad.get("a", { minVersion, timeout: 60_000 }).then((found) => {
        expect(found?.value).toBeGreaterThanOrEqual(n);
      }),
    );
  }
  await Promise.all(asked);
  nats.region("iad").cable?.stall();
  const minVersion = await fra.put("a", "later");
  // Answers the old to who takes it, and nothing to who does not.
  expect((await iad.get("a"))?.value).toBe(49);
  await expect(iad.get("a", { minVersion, timeout: 200 })).rejects.toMatchObject({
    tag: "VersionNotReachedError",
  });
  nats.region("iad").cable?.heal();
  expect((await iad.get("a", { minVersion, timeout: 60_000 }))?.value).toBe("later");
});

test("a mirror that stands still is told of", async () => {
  const { region } = await regions.open("fra", "still");
  const { stream } = region.own("documents");
  // A condition that mirrors check again: one that begins here cannot fulfil it, and does not go on.
  const subject = region.names.subject("documents", "fra", "key");
  const { seq } = await region.link.publisher.publish(subject, "first");
  await region.link.publisher.publish(subject, "second", { expect: { lastSubjectSequence: seq } });
  let ahead = 0;
  const there = await Region.open({
    region: "iad",
    nats: nats.region("iad").url,
    namespace: "still",
    heartbeat: 5000,
    clock: () => Date.now() + ahead,
  });
  try {
    const warnings: string[] = [];
    there.warnings.listen((message) => warnings.push(message));
    // In steps, so that the other member is heard all the time.
    await until("it is told of", () => {
      ahead += 1000;
      return warnings.some((warning) => warning.includes(`"${stream}" stands still`));
    });
    const state = (await there.state()).logs.find((log) => log.stream === stream);
    expect(state?.behind).toBeGreaterThan(0);
  } finally {
    await there.close();
  }
});

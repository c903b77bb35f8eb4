import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open as openLmdb } from "lmdb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LmdbStoreIndex, type LmdbStoreIndexOptions } from "zarr-cache/disk";
import { packHead, unpackHead } from "../../src/disk/index-head.ts";
import type { Part } from "../../src/part.ts";
import type { ClaimRef, EntryFacts, Reservation, StoreIndex } from "../../src/store-index.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";

const ANY = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
const WANT: Reservation = { footprint: 4096, size: 4000, cost: 10, weight: 1 };
const FACTS: EntryFacts = {
  missing: false,
  size: 4000,
  checksum: 1,
  age: 0,
  expiresAt: Number.MAX_VALUE,
  cost: 10,
  validator: undefined,
};
const part = (key: string): Part => ({ storeId: "s", key });

let directory = "";
const opened: StoreIndex[] = [];
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "lmdb-index-")), "index");
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  for (const index of opened.splice(0)) await index.close();
  await rm(join(directory, ".."), { recursive: true, force: true });
});

async function openIndex(options: LmdbStoreIndexOptions = {}): Promise<LmdbStoreIndex> {
  const index = new LmdbStoreIndex(directory, { deadline: 5000, ...options });
  opened.push(index);
  await index.open();
  return index;
}

async function take(index: StoreIndex, key: string): Promise<ClaimRef> {
  const answer = await index.claim(part(key), ANY);
  if (answer.state !== "fill") throw new Error(`claim of ${key}: ${answer.state}`);
  return answer.claim;
}

async function fill(index: StoreIndex, key: string, want = WANT): Promise<string> {
  const claim = await take(index, key);
  expect(await index.reserve(claim, want)).toBe("reserved");
  expect(await index.commit(claim, FACTS)).toBe(true);
  return claim.token;
}

/** Another process on the same index; its methods are those of an index. */
async function startProcess(): Promise<{
  child: ChildProcess;
  call(name: string, ...args: unknown[]): Promise<unknown>;
}> {
  const child = fork(new URL("./index-process.ts", import.meta.url), [directory], {
    execArgv: ["--conditions=@zarr-cache/source", "--import", "tsx"],
    serialization: "advanced",
  });
  children.push(child);
  await once(child, "message");
  const call = async (name: string, ...args: unknown[]) => {
    child.send({ call: name, args });
    const [message] = (await once(child, "message")) as [{ answer?: unknown; error?: string }];
    if (message.error !== undefined) throw new Error(message.error);
    return message.answer;
  };
  await call("open");
  return { child, call };
}

function stateOf(child: ChildProcess): string {
  return fs.readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.[0] ?? "";
}

/** Stops a process inside a write transaction. */
async function stopInTransaction({ child, call }: Awaited<ReturnType<typeof startProcess>>): Promise<void> {
  const claim = (await call("claim", part("/stopping"), ANY)) as { claim: ClaimRef };
  await call("reserve", claim.claim, WANT);
  await call("stopAtNextRank");
  child.send({ call: "commit", args: [claim.claim, FACTS] });
  while (stateOf(child) !== "T") await new Promise((resolve) => setImmediate(resolve));
}

describe("an index of several processes", () => {
  it("gives a part to one of them, shows what is filled and hides what is dropped at once", async () => {
    const other = await startProcess();
    const index = await openIndex();
    const claim = await take(index, "/a");
    expect(await other.call("claim", part("/a"), ANY)).toEqual({ state: "wait", token: claim.token });
    await index.reserve(claim, WANT);
    await index.commit(claim, FACTS);
    expect(await other.call("lookup", part("/a"))).toMatchObject({ token: claim.token });
    const cursor = index.changes(undefined).cursor;
    await other.call("invalidate", "s", "/");
    expect(index.lookup(part("/a"))).toBeUndefined();
    expect(index.changes(cursor).paths).toEqual([{ storeId: "s", path: "/" }]);
  });

  it("shares one budget, and grows beyond its first map for all", async () => {
    const index = await openIndex({ maxBytes: 1e9, mapBytes: 128 * 1024 });
    const other = await startProcess();
    const fillMany = async (count: number) => {
      for (let i = 0; i < count; i += 100)
        await Promise.all(Array.from({ length: 100 }, (_, j) => fill(index, `/${i + j}`)));
    };
    await fillMany(1500);
    expect(fs.statSync(join(directory, "data.mdb")).size).toBeGreaterThan(512 * 1024);
    expect(await other.call("lookup", part("/1499"))).toMatchObject({ size: 4000 });
    expect(await other.call("usage")).toMatchObject({ entries: 1500, maxBytes: 1e9 });
    expect(await other.call("claim", part("/x"), ANY)).toMatchObject({ state: "fill" });
    expect(index.usage().claims).toBe(1);
  });

  it("keeps what was acknowledged when a process is killed, and gives its claims to others", async () => {
    const other = await startProcess();
    const held = (await other.call("claim", part("/held"), ANY)) as { claim: ClaimRef };
    await other.call("reserve", held.claim, WANT);
    const done = (await other.call("claim", part("/done"), ANY)) as { claim: ClaimRef };
    await other.call("reserve", done.claim, WANT);
    await other.call("commit", done.claim, FACTS);
    other.child.kill("SIGKILL");
    await once(other.child, "exit");
    const clock = fakeClock(Date.now());
    const index = await openIndex({ clock: clock.now });
    expect(index.lookup(part("/done"))?.token).toBe(done.claim.token);
    expect((await index.claim(part("/held"), ANY)).state).toBe("wait");
    clock.advance(5001);
    expect((await index.claim(part("/held"), ANY)).state).toBe("fill");
    expect(index.condemned(10)).toEqual([{ storeId: "s", token: held.claim.token }]);
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("is not stopped by one that was stopped inside a transaction", async () => {
    const index = await openIndex({ deadline: 100 });
    await fill(index, "/a");
    const other = await startProcess();
    await stopInTransaction(other);
    await expect(index.claim(part("/b"), ANY)).rejects.toMatchObject({ tag: "DeadlineError" });
    await expect(index.invalidate("s", "/a")).rejects.toMatchObject({ tag: "DeadlineError" });
    expect(index.lookup(part("/a"))).toMatchObject({ size: 4000 });
    other.child.kill("SIGCONT");
    const [{ answer }] = (await once(other.child, "message")) as [{ answer: unknown }];
    expect(answer).toBe(true);
    // What was given up has no effect, not even late.
    expect(index.usage().claims).toBe(0);
    expect(index.lookup(part("/a"))).toMatchObject({ size: 4000 });
    expect((await index.claim(part("/b"), ANY)).state).toBe("fill");
  });

  it("goes on when one that was stopped inside a transaction is killed", async () => {
    const index = await openIndex({ deadline: 100 });
    const other = await startProcess();
    await stopInTransaction(other);
    await expect(index.claim(part("/b"), ANY)).rejects.toMatchObject({ tag: "DeadlineError" });
    other.child.kill("SIGKILL");
    await once(other.child, "exit");
    expect((await index.claim(part("/b"), ANY)).state).toBe("fill");
    expect(index.lookup(part("/stopping"))).toBeUndefined();
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("cannot be joined while one is stopped inside a transaction, and can after", async () => {
    const other = await startProcess();
    await stopInTransaction(other);
    await expect(openIndex({ deadline: 50 })).rejects.toMatchObject({ tag: "DeadlineError" });
    other.child.kill("SIGCONT");
    await once(other.child, "message");
    expect((await openIndex()).lookup(part("/stopping"))).toMatchObject({ size: 4000 });
  });
});

describe("an index that cannot be read", () => {
  const breakFile = async (damage: (path: string, size: number) => void) => {
    const index = await openIndex();
    for (let i = 0; i < 200; i++) await fill(index, `/${i}`);
    const { epoch } = await index.open();
    await index.markClean();
    await index.close();
    const path = join(directory, "data.mdb");
    damage(path, fs.statSync(path).size);
    const warnings: string[] = [];
    const again = await openIndex({ onWarning: (message) => warnings.push(message) });
    return { index: again, epoch, warnings };
  };

  it.each<[string, (path: string, size: number) => void]>([
    ["garbage", (path) => fs.writeFileSync(path, Buffer.alloc(50_000, 7))],
    ["cut off in the middle", (path, size) => fs.truncateSync(path, size >> 1)],
    ["cut off in its header", (path) => fs.truncateSync(path, 100)],
    ["overwritten at the beginning", (path, size) => fs.writeFileSync(path, Buffer.alloc(size))],
  ])("because its file is %s begins anew, once warned of", async (_, damage) => {
    const { index, epoch, warnings } = await breakFile(damage);
    const state = await index.open();
    expect(state.clean).toBe(false);
    expect(state.epoch).not.toBe(epoch);
    expect(warnings).toHaveLength(1);
    expect(index.usage()).toMatchObject({ entries: 0, bytes: 0 });
    expect(fs.readdirSync(directory).sort()).toEqual(["data.mdb", "lock.mdb"]);
    await fill(index, "/again");
  });

  it("because pages in its middle are damaged is warned of once, and begins anew at its next opening", async () => {
    const index = await openIndex();
    for (let i = 0; i < 3000; i += 100)
      await Promise.all(Array.from({ length: 100 }, (_, j) => fill(index, `/${i + j}`)));
    const { epoch } = await index.open();
    await index.close();
    const path = join(directory, "data.mdb");
    const file = fs.openSync(path, "r+");
    const { size } = fs.fstatSync(file);
    for (let page = 60; page < size / 4096; page += 40)
      fs.writeSync(file, Buffer.alloc(4096), 0, 4096, page * 4096);
    fs.closeSync(file);

    const warnings: string[] = [];
    const again = await openIndex({ onWarning: (message) => warnings.push(message) });
    let failures = 0;
    for (let i = 0; i < 3000; i++)
      try {
        again.lookup({ storeId: "s", key: `/${i}` });
      } catch {
        failures++;
      }
    expect(failures).toBeGreaterThan(0);
    expect(warnings).toEqual([
      expect.stringMatching(/is damaged \(MDB_\w+.*begins anew when the cache is opened/),
    ]);
    expect(fs.readlinkSync(join(directory, "damaged"))).toBe(String(fs.statSync(path).ino));
    await again.close();

    const anew = await openIndex({ onWarning: (message) => warnings.push(message) });
    expect((await anew.open()).epoch).not.toBe(epoch);
    expect(warnings).toHaveLength(2);
    expect(fs.readdirSync(directory).sort()).toEqual(["data.mdb", "lock.mdb"]);
    await fill(anew, "/again");
  });

  it("keeps a file that took the place of one that was marked", async () => {
    const index = await openIndex();
    const { epoch } = await index.open();
    await index.close();
    fs.symlinkSync("1", join(directory, "damaged"));
    const again = await openIndex();
    expect((await again.open()).epoch).toBe(epoch);
    expect(fs.existsSync(join(directory, "damaged"))).toBe(false);
  });

  it("because it is gone begins anew", async () => {
    const { index, epoch, warnings } = await breakFile(() => fs.rmSync(directory, { recursive: true }));
    expect((await index.open()).epoch).not.toBe(epoch);
    expect(warnings).toEqual([]);
  });

  it("because it is of a newer format is left as it is", async () => {
    const index = await openIndex();
    await index.close();
    const root = openLmdb({ path: directory, noSubdir: false, encoding: "binary" });
    const state = root.openDB<Buffer, Uint8Array>("state", { encoding: "binary", keyEncoding: "binary" });
    await state.put(Buffer.from("l"), Buffer.from('{"format":2,"epoch":"0123456789abcdef","clean":true}'));
    await root.close();
    const before = fs.readFileSync(join(directory, "data.mdb"));
    await expect(openIndex()).rejects.toMatchObject({ tag: "CacheFormatError", found: 2, supported: 1 });
    expect(fs.readFileSync(join(directory, "data.mdb")).equals(before)).toBe(true);
  });
});

describe("the directory of an index", () => {
  it("is refused on a network file system, by its type or by its mount", async () => {
    const nfs = { type: () => 0x6969, mounts: () => "" };
    await expect(openIndex({ fileSystems: nfs })).rejects.toThrow(
      /network file system \(nfs\).*local directory/,
    );
    const sshfs = {
      type: () => 0x65735546,
      mounts: () => `x / ext4 rw\nhost: ${tmpdir()} fuse.sshfs rw 0 0\n`,
    };
    await expect(openIndex({ fileSystems: sshfs })).rejects.toThrow(/fuse\.sshfs/);
    expect(fs.existsSync(directory)).toBe(false);
  });

  it("that is a file is refused", async () => {
    fs.writeFileSync(directory, "");
    await expect(openIndex()).rejects.toMatchObject({ tag: "CacheDirectoryError" });
  });

  it("is open to its owner only", async () => {
    await openIndex();
    expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
    expect(fs.statSync(join(directory, "data.mdb")).mode & 0o777).toBe(0o600);
  });

  it("grows by no more than the entries are charged for", async () => {
    const index = await openIndex({ maxBytes: 1e9 });
    for (let i = 0; i < 5000; i += 250)
      await Promise.all(
        Array.from({ length: 250 }, (_, j) => fill(index, `/variable/c/${(i + j) * 7919}/${j}`)),
      );
    const { bytes, entries } = index.usage();
    expect(entries).toBe(5000);
    const used = Number(execFileSync("du", ["-sB1", directory]).toString().split("\t")[0]);
    expect(used).toBeLessThanOrEqual(256 * 1024 + bytes - entries * WANT.footprint);
  });

  it("that has grown for many small entries leaves less room for large ones", async () => {
    const maxBytes = 2e7;
    const index = await openIndex({ maxBytes, maxEntryBytes: maxBytes });
    const small = { ...WANT, footprint: 0 };
    for (let i = 0; i < 5000; i += 250)
      await Promise.all(Array.from({ length: 250 }, (_, j) => fill(index, `/${i + j}`, small)));
    await index.invalidate("s", "/");
    for (let step = await index.sweep(); step.more; step = await index.sweep());
    for (let names = index.condemned(500); names.length > 0; names = index.condemned(500))
      await index.free(names.map(({ token }) => token));
    expect(index.usage()).toMatchObject({ entries: 0, bytes: 0 });
    const file = fs.statSync(join(directory, "data.mdb")).size;
    const claim = await take(index, "/large");
    expect(await index.reserve(claim, { ...WANT, footprint: maxBytes - file })).toBe("refused");
    expect(await index.reserve(claim, { ...WANT, footprint: maxBytes - file - 300_000 })).toBe("reserved");
  });
});

describe("an index in one process", () => {
  it("refuses unknown and impossible options", () => {
    expect(() => new LmdbStoreIndex("/x", { maxSize: 1 } as LmdbStoreIndexOptions)).toThrow(/maxSize/);
    expect(() => new LmdbStoreIndex("/x", { maxBytes: "much" })).toThrow(/maxBytes/);
    expect(() => new LmdbStoreIndex("")).toThrow(/directory/);
  });

  it("stays open for the others when one of several closes", async () => {
    const first = await openIndex();
    const second = await openIndex();
    await fill(first, "/a");
    await first.close();
    expect(second.lookup(part("/a"))).toMatchObject({ size: 4000 });
    await fill(second, "/b");
    expect(() => first.lookup(part("/a"))).toThrow(/closed/);
    await expect(first.claim(part("/a"), ANY)).rejects.toMatchObject({ tag: "ClosedError" });
    await expect(first.open()).rejects.toMatchObject({ tag: "ClosedError" });
  });

  it("keeps the bounds that it was given last", async () => {
    await (await openIndex({ maxBytes: 5e7, maxEntries: 70 })).close();
    expect((await openIndex()).usage()).toMatchObject({ maxBytes: 5e7, maxEntries: 70 });
    expect((await openIndex({ maxBytes: 9e7 })).usage()).toMatchObject({ maxBytes: 9e7, maxEntries: 70 });
  });

  it("writes uses when it is closed", async () => {
    const index = await openIndex();
    await fill(index, "/a");
    const token = await fill(index, "/b");
    index.lookup(part("/b"));
    index.recordAccess(part("/b"), token, 8);
    index.recordAccess(part("/b"), token, 4);
    await index.close();
    const page = await (await openIndex()).entries({ orderBy: "hits" });
    expect(page.entries.map(({ key, hits, accessDuration }) => [key, hits, accessDuration])).toEqual([
      ["/b", 1, 6],
      ["/a", 0, 0],
    ]);
  });

  it("tells keys apart in any script, and lists them in the order of their bytes", async () => {
    const keys = ["/a/ä", "/a/b", "/aä", "/a/日本", "/a/b日", "/a/😀"];
    const index = await openIndex();
    const tokens = new Map<string, string>();
    for (const key of keys) tokens.set(key, await fill(index, key));
    for (const key of keys) expect(index.lookup(part(key))?.token).toBe(tokens.get(key));
    const bytewise = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const { entries } = await index.entries({ orderBy: "key", limit: 100 });
    expect(entries.map(({ key }) => key)).toEqual(bytewise);
  });

  it("passes by keys that are too long for it", async () => {
    const index = await openIndex();
    expect(await index.claim(part(`/${"k".repeat(2000)}`), ANY)).toEqual({ state: "pass", writing: false });
    expect(index.lookup(part(`/${"k".repeat(2000)}`))).toBeUndefined();
    await fill(index, `/${"k".repeat(1800)}`);
  });

  it("goes on after every operation on a key or path that is too long for it", async () => {
    const index = await openIndex({ clock: fakeClock(1e12).now });
    await fill(index, "/a");
    const { cursor } = index.changes(undefined);
    for (const long of [`/${"a".repeat(5000)}`, `/${"é".repeat(980)}`]) {
      const key = `/b${long}`;
      await index.invalidate("s", key);
      await index.invalidate("s", `${key}/`);
      const intent = await index.openWrite("s", key);
      expect(await index.renew([intent])).toEqual([]);
      expect(await index.closeWrite(intent, true)).toBeUndefined();
      const ref = { token: intent.token, part: part(key), claimedAt: 0 };
      expect(await index.reserve(ref, WANT)).toBe("lost");
      expect(await index.commit(ref, FACTS)).toBe(false);
      await index.release(ref, { passFor: 1000 });
      expect(await index.condemn(ref.part, ref.token)).toBe(false);
      index.recordAccess(ref.part, ref.token, 1);
      expect(await index.settled(ref.part, ref.token, new AbortController().signal)).toEqual({});
      expect((await index.claim(ref.part, ANY)).state).toBe("pass");
      expect(index.peek(ref.part)).toBeUndefined();
      expect((await index.entries({ storeId: "s", prefix: key })).entries).toEqual([]);
    }
    const open = await index.openWrite("s", `/${"w".repeat(1890)}`);
    expect((await index.claim(open.part, ANY)).state).toBe("pass");
    await index.closeWrite(open, true);
    expect(index.lookup(part("/a"))).toMatchObject({ size: 4000 });
    await fill(index, "/c");
    expect(await index.verify({ repair: false })).toEqual([]);
    // What other tiers hold of it goes, for which they are told of a path above it.
    const { paths } = (await openIndex()).changes(cursor);
    expect(paths.slice(0, 2)).toEqual([
      { storeId: "s", path: "/b/" },
      { storeId: "s", path: "/b/" },
    ]);
  });

  it("counts write intents, pass marks and cuts again and repairs their numbers", async () => {
    const index = await openIndex({ clock: fakeClock(1e12).now });
    await index.openWrite("s", "/w");
    await index.release(await take(index, "/p"), { passFor: 1000 });
    const root = openLmdb({ path: directory, noSubdir: false, maxDbs: 8, encoding: "binary" });
    const state = root.openDB<Buffer, Uint8Array>("state", { encoding: "binary", keyEncoding: "binary" });
    const head = unpackHead(state.get(Buffer.from("0")) as Buffer);
    expect(head).toMatchObject({ intents: 1, marks: 1, cuts: 0 });
    await state.put(Buffer.from("0"), packHead({ ...head, intents: 3, marks: 0, cuts: 1 }));
    expect(await index.verify({ repair: true })).toHaveLength(3);
    expect(await index.verify({ repair: false })).toEqual([]);
    expect(unpackHead(state.get(Buffer.from("0")) as Buffer)).toMatchObject({
      intents: 1,
      marks: 1,
      cuts: 0,
    });
    await root.close();
  });

  it("ends making room where reservations and revoked names alone are above the low-water mark", async () => {
    const index = await openIndex({ clock: fakeClock(1e12).now, maxEntries: 4 });
    await fill(index, "/entry");
    for (const key of ["/a", "/b", "/c"]) await index.reserve(await take(index, key), WANT);
    expect(await index.makeRoom()).toMatchObject({ state: "done", evicted: [{ storeId: "s" }] });
    await index.reserve(await take(index, "/d"), WANT);
    expect(await index.makeRoom()).toEqual({ state: "done", evicted: [] });
  });

  it("ends making room where revoked names take more bytes than the low-water mark", async () => {
    const index = await openIndex({ clock: fakeClock(1e12).now, maxBytes: 1e6, maxEntryBytes: 1e6 });
    const claim = await take(index, "/a");
    let footprint = 1e6;
    while ((await index.reserve(claim, { ...WANT, footprint })) === "refused") footprint -= 4096;
    expect(await index.makeRoom()).toEqual({ state: "done", evicted: [] });
    await index.invalidate("s", "/");
    expect(await index.makeRoom()).toEqual({ state: "done", evicted: [] });
  });

  it("hides and condemns more entries than fit in a step, and lets new ones live", async () => {
    const index = await openIndex({ maxBytes: 1e9 });
    for (let i = 0; i < 2000; i += 250)
      await Promise.all(Array.from({ length: 250 }, (_, j) => fill(index, `/many/${i + j}`)));
    const late = await take(index, "/many/late");
    await index.reserve(late, WANT);
    const dropped = index.invalidate("s", "/many");
    await dropped;
    expect(index.lookup(part("/many/7"))).toBeUndefined();
    expect(await index.commit(late, FACTS)).toBe(false);
    await fill(index, "/many/7");
    for (let step = await index.sweep(); step.more; step = await index.sweep());
    expect(index.usage()).toMatchObject({ entries: 1, claims: 0 });
    expect(index.lookup(part("/many/7"))).toMatchObject({ size: 4000 });
    expect(index.condemned(5000)).toHaveLength(2001);
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("finds and repairs books that do not add up", async () => {
    const index = await openIndex();
    for (const key of ["/a", "/b", "/c"]) await fill(index, key);
    const root = openLmdb({ path: directory, noSubdir: false, maxDbs: 8, encoding: "binary" });
    const table = (name: string) =>
      root.openDB<Buffer, Uint8Array>(name, { encoding: "binary", keyEncoding: "binary" });
    const names = table("names");
    const lost = [...names.getKeys({ start: new Uint8Array(1) })][0] ?? new Uint8Array(1);
    await names.remove(lost);
    await table("order").clearAsync();
    expect((await index.verify({ repair: false })).length).toBeGreaterThanOrEqual(5);
    expect((await index.verify({ repair: true })).length).toBeGreaterThanOrEqual(5);
    expect(await index.verify({ repair: false })).toEqual([]);
    expect(index.usage().entries).toBe(2);
    await root.close();
  });

  it("tells another the failure that ended a claim", async () => {
    const index = await openIndex();
    const claim = await take(index, "/a");
    const settlement = (await openIndex()).settled(part("/a"), claim.token, new AbortController().signal);
    await index.release(claim, { failure: { name: "HttpError", message: "503" } });
    expect(await settlement).toEqual({ failure: { name: "HttpError", message: "503" } });
  });
});

describe("an index whose file has grown, since an old state of it was read for long", () => {
  const GROWTH = 2_000_000;

  async function fillUp(index: LmdbStoreIndex): Promise<void> {
    for (let i = 0; i < 100; i++) {
      const claim = await take(index, `/${i}`);
      const want = { ...WANT, footprint: 40_960 };
      if ((await index.reserve(claim, want)) !== "reserved") return;
      await index.commit(claim, FACTS);
    }
  }
  const grow = () => {
    const file = join(directory, "data.mdb");
    fs.truncateSync(file, fs.statSync(file).size + GROWTH);
  };

  it("says so after the next change, and makes room for what the file takes", async () => {
    const index = await openIndex({ maxBytes: 4_000_000 });
    let shrunk = 0;
    index.onShrink(() => shrunk++);
    await fillUp(index);
    expect(index.usage().bytes).toBeGreaterThan(3_000_000);
    expect(shrunk).toBe(0);
    grow();
    await index.bind("s", "somebody");
    expect(shrunk).toBe(1);
    const { evicted } = await index.makeRoom();
    await index.free(evicted.map(({ token }) => token));
    expect(index.usage().bytes).toBeLessThanOrEqual(4_000_000 - GROWTH);
  });

  it("makes room when it is opened", async () => {
    const index = await openIndex({ maxBytes: 4_000_000 });
    await fillUp(index);
    await index.close();
    grow();
    const again = await openIndex({ maxBytes: 4_000_000 });
    const { bytes, condemnedBytes } = again.usage();
    expect(bytes - condemnedBytes).toBeLessThanOrEqual(4_000_000 - GROWTH);
  });
});

describe("pins in a machine's index", () => {
  it("give way where the budget is made smaller than they are, and only there", async () => {
    const pinned = { ...WANT, weight: Number.POSITIVE_INFINITY };
    const index = await openIndex({ maxBytes: 2e6 });
    for (let i = 0; i < 100; i++) await fill(index, `/${i}`, pinned);
    const { pinnedBytes } = index.usage();
    const large = { ...WANT, footprint: 1.8e6, size: 100, cost: 1e6 };
    expect(await index.makeRoom(large)).toMatchObject({ state: "refused", evicted: [] });
    await index.close();
    const smaller = await openIndex({ maxBytes: 4e5 });
    const { bytes, condemnedBytes, maxPinnedBytes, ...usage } = smaller.usage();
    expect(maxPinnedBytes).toBe(2e5);
    expect(usage.pinnedBytes).toBe(bytes - condemnedBytes);
    expect(usage.pinnedBytes).toBeLessThan(pinnedBytes);
    expect(await smaller.verify({ repair: false })).toEqual([]);
  });
});

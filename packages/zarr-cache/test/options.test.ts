import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CachedStore } from "../src/cached-store.ts";
import { DiskStoreOpener, LmdbBudgetLedger, LmdbStoreIndex } from "../src/disk/index.ts";
import { IndexedCacheStorage } from "../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../src/memory/memory-store-opener.ts";
import { openCache } from "../src/node/index.ts";
import { RedisBudgetLedger } from "../src/redis/index.ts";
import { TieredCacheStorage } from "../src/tiered-cache-storage.ts";
import { counted } from "./support/bytes.ts";
import { cached } from "./support/cached.ts";
import { testTier } from "./support/memory-tier.ts";

const NEVER = [null, Number.NaN, -1, "", true, Symbol("s")] as const;
const SIZE = [...NEVER, "much", {}, Number.POSITIVE_INFINITY];
const COUNT = [...NEVER, "5", {}, 1.5];
const DURATION = [...NEVER, "soon", {}];
const FUNCTION = [...NEVER, "f", {}];
const METHODS = [...NEVER, 5, {}];
const CHOICE = [...NEVER, "some", {}];
const POLICY = [...CHOICE, "mru"];
const TEXT = [null, Number.NaN, -1, "", true, {}];
const SIGNAL = [...NEVER, {}, new AbortController()];

interface Owner {
  readonly name: string;
  use(options: never): unknown;
  /** What each option cannot be. */
  readonly never: Readonly<Record<string, readonly unknown[]>>;
}

const INDEX = { maxBytes: SIZE, maxEntries: COUNT, maxEntryBytes: SIZE, policy: POLICY, clock: FUNCTION };

const OWNERS: readonly Owner[] = [
  {
    name: "CachedStore",
    use: (options) => new CachedStore(new Map(), "s", testTier().storage, options),
    never: {
      identity: TEXT,
      maxAge: [
        ...NEVER,
        "soon",
        { metadata: null },
        { data: "" },
        { missing: -1 },
        { chunks: 1 },
        { metadata: "dataset" },
        { metadata: Number.POSITIVE_INFINITY, data: "dataset" },
      ],
      staleWhileRevalidate: DURATION,
      staleIfError: DURATION,
      expires: FUNCTION,
      dropOnChange: [null, Number.NaN, -1, "", "yes", {}],
      shouldCache: FUNCTION,
      isolation: CHOICE,
      offline: [null, Number.NaN, -1, "", "yes", {}],
    },
  },
  {
    name: "MemoryStoreIndex",
    use: (options) => new MemoryStoreIndex(options),
    never: { ...INDEX, budget: METHODS, timers: METHODS },
  },
  {
    name: "LmdbStoreIndex",
    use: (options) => new LmdbStoreIndex("/nowhere", options),
    never: {
      ...INDEX,
      lockAge: DURATION,
      deadline: DURATION,
      timers: METHODS,
      onWarning: FUNCTION,
      mapBytes: SIZE,
      fileSystems: METHODS,
    },
  },
  {
    name: "DiskStoreOpener",
    use: (options) => new DiskStoreOpener("/nowhere/{store_id}", options),
    never: { minFreeBytes: SIZE, clock: FUNCTION, files: METHODS, statfs: FUNCTION },
  },
  {
    name: "IndexedCacheStorage",
    use: (options) => new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener(), options),
    never: {
      tier: TEXT,
      deadline: DURATION,
      lockTimeout: DURATION,
      fills: CHOICE,
      maxFillBytes: SIZE,
      admitOn: CHOICE,
      minCost: DURATION,
      timers: METHODS,
      monotonic: FUNCTION,
    },
  },
  {
    name: "TieredCacheStorage",
    use: (options) => new TieredCacheStorage([testTier().storage], options),
    never: { write: CHOICE },
  },
  {
    name: "LmdbBudgetLedger",
    use: (options) => new LmdbBudgetLedger("/nowhere", options),
    never: {
      maxBytes: SIZE,
      leaseAge: DURATION,
      deadline: DURATION,
      clock: FUNCTION,
      timers: METHODS,
      fileSystems: METHODS,
      onWarning: FUNCTION,
    },
  },
  {
    name: "RedisBudgetLedger",
    use: (options) => new RedisBudgetLedger(options),
    never: {
      redis: [...TEXT, "http://127.0.0.1"],
      namespace: [...TEXT, "a{b}"],
      maxBytes: SIZE,
      leaseAge: DURATION,
      deadline: DURATION,
      clock: FUNCTION,
    },
  },
  {
    name: "openCache",
    use: async (options) => {
      const directory = mkdtempSync(join(tmpdir(), "zarr-cache-"));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      await (await openCache(directory, options)).close();
    },
    never: {
      ...INDEX,
      memory: SIZE,
      minFreeBytes: SIZE,
      fills: CHOICE,
      deadline: DURATION,
      lockAge: DURATION,
      lockTimeout: DURATION,
      onWarning: FUNCTION,
    },
  },
  {
    name: "warm",
    use: (options) => cached(new Map()).store.warm(["/a"], options),
    never: { onProgress: FUNCTION, concurrency: [...COUNT, 0], signal: SIGNAL },
  },
  {
    name: "warm's selection",
    use: (options) => cached(new Map()).store.warm(options),
    never: { arrays: [...NEVER, {}, [5], [null]], region: [...NEVER, {}, "0:5"] },
  },
  {
    name: "export",
    use: (options) => cached(new Map()).store.export(new Map(), ["/a"], options),
    never: {
      cachedOnly: [null, Number.NaN, -1, "", "yes", {}],
      partial: [null, Number.NaN, -1, "", "yes", {}],
      onProgress: FUNCTION,
      concurrency: [...COUNT, 0],
      signal: SIGNAL,
    },
  },
  {
    name: "import",
    use: (options) => cached(new Map()).store.import([], options),
    never: { onProgress: FUNCTION, signal: SIGNAL },
  },
  {
    name: "clear",
    use: (options) => cached(new Map()).store.clear(options),
    never: { source: [...NEVER.filter((value) => value !== true), false, {}] },
  },
  ...(["entries", "verify"] as const).flatMap((method) => {
    const never = {
      entries: {
        storeId: TEXT,
        prefix: TEXT,
        orderBy: CHOICE,
        limit: [...COUNT, 0],
        cursor: [null, Number.NaN, -1, true, {}],
      },
      verify: {
        repair: [null, Number.NaN, -1, "", "yes", {}],
        onProgress: FUNCTION,
        signal: SIGNAL,
      },
    }[method];
    return [
      { name: `${method} of a tier`, use: (options: never) => testTier().storage[method](options), never },
      {
        name: `${method} of tiers`,
        use: (options: never) => new TieredCacheStorage([testTier().storage])[method](options),
        never,
      },
    ];
  }),
  {
    name: "entries of an index",
    use: (options) => new MemoryStoreIndex().entries(options),
    never: {
      storeId: TEXT,
      prefix: TEXT,
      orderBy: CHOICE,
      limit: [...COUNT, 0],
      cursor: [null, "", "x", {}],
    },
  },
];

/** What using it throws or rejects with. */
async function errorOf(owner: Owner, options: unknown): Promise<unknown> {
  try {
    await owner.use(options as never);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(OWNERS)("the options of $name", (owner) => {
  const cases = Object.entries(owner.never).flatMap(([option, values]) =>
    values.map((value) => [option, value] as const),
  );
  const required =
    {
      clear: { source: true },
      "warm's selection": { arrays: [] },
      LmdbBudgetLedger: { maxBytes: 1 },
      RedisBudgetLedger: { redis: "redis://127.0.0.1", namespace: "n", maxBytes: 1 },
    }[owner.name] ?? {};

  it.each(cases)("cannot have %s: %s", async (option, value) => {
    const error = await errorOf(owner, {
      ...required,
      ...(option === "prefix" && { storeId: "s" }),
      [option]: value,
    });
    expect(error).toMatchObject({ name: expect.stringMatching(/^(InvalidOptionError|InvalidKeyError)$/) });
    if ((error as Error).name === "InvalidOptionError") expect((error as Error).message).toContain(option);
  });

  it("take undefined for the default", async () => {
    const options = Object.fromEntries(Object.keys(owner.never).map((option) => [option, undefined]));
    expect(await errorOf(owner, { ...options, ...required })).toBeUndefined();
  });

  it("have no other names", async () => {
    expect(await errorOf(owner, { ...required, nosuch: 1 })).toMatchObject({
      tag: "InvalidOptionError",
      message: expect.stringMatching(`nosuch.*${Object.keys(owner.never)[0]}`),
    });
  });

  it.each([null, 5, "options", true])("cannot be %j", async (options) => {
    expect(await errorOf(owner, options)).toMatchObject({ tag: "InvalidOptionError" });
  });
});

describe("a read", () => {
  it.each([...SIGNAL.filter((value) => value !== null)])("refuses the signal %s", async (signal) => {
    const { store } = cached(new Map([["/a", counted(3)]]));
    const refused = { tag: "InvalidOptionError", option: "signal" };
    await expect(store.get("/a", { signal } as never)).rejects.toMatchObject(refused);
    await expect(store.has("/a", { signal } as never)).rejects.toMatchObject(refused);
  });

  it("takes the options that array libraries hand through, and no signal as fetch does", async () => {
    const { store } = cached(new Map([["/a", counted(3)]]));
    expect(await store.get("/a", { signal: null, cache: "no-store" } as never)).toEqual(counted(3));
    expect(await store.get("/a", { signal: AbortSignal.timeout(60_000) })).toEqual(counted(3));
  });
});

import type { EntryInfo, EntryOrder, EntryQuery, StoreIndex } from "../../store-index.ts";
import { ContractError, check, equal, present } from "../check.ts";
import type { IndexTestDeclaration } from "./fixture.ts";
import { fill, range, whole } from "./steps.ts";

/** Pages of entries, in every order. */
export function listingTests(test: IndexTestDeclaration): void {
  const SEEN: Readonly<Record<EntryOrder, (entry: EntryInfo) => number | string>> = {
    key: ({ key }) => key,
    size: ({ size }) => -size,
    age: ({ age }) => -age,
    hits: ({ hits }) => -hits,
    cost: ({ cost }) => -cost,
  };

  for (const orderBy of Object.keys(SEEN) as EntryOrder[])
    test(`entries by ${orderBy} come sorted, each once, page after page`, async ({ index, clock }) => {
      for (let i = 0; i < 23; i++) {
        await fill(index, whole(`/k/${(i * 7) % 23}`), { size: (i * 5) % 11, cost: 1 + ((i * 3) % 13) });
        for (let used = 0; used < i % 4; used++) await index.lookup(whole(`/k/${(i * 7) % 23}`));
        clock.advance(i % 3);
      }
      for (const limit of [1, 5, 23, 100]) {
        const all = await everyPage(index, { orderBy, limit });
        equal(new Set(all.map(({ key }) => key)).size, 23, `distinct keys in pages of ${limit}`);
        equal(all.length, 23, `entries in pages of ${limit}`);
        const seen = all.map(SEEN[orderBy]);
        const sorted = [...seen].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        equal(seen, sorted, `order by ${orderBy} in pages of ${limit}`);
      }
    });

  test("entries of one store, and under one path", async ({ index }) => {
    for (const key of ["/a", "/a/b", "/a/c/d", "/ab", "/b"]) await fill(index, whole(key), { size: 10 });
    await fill(index, whole("/a/b", "t"), { size: 10 });
    const keys = async (query: EntryQuery) =>
      (await everyPage(index, query)).map(({ storeId, key }) => `${storeId}${key}`).sort();
    equal(await keys({ storeId: "t" }), ["t/a/b"], "entries of t");
    equal(await keys({ storeId: "s", prefix: "/a" }), ["s/a", "s/a/b", "s/a/c/d"], "entries under /a");
    equal(await keys({ storeId: "s", prefix: "/a/" }), ["s/a/b", "s/a/c/d"], "entries under /a/");
    equal((await keys({ storeId: "s", prefix: "/" })).length, 5, "entries under /");
    equal(
      await keys({ storeId: "s", prefix: "/a", limit: 1, orderBy: "size" }),
      ["s/a", "s/a/b", "s/a/c/d"],
      "entries under /a, one a page",
    );
    equal(await keys({ storeId: "never-seen" }), [], "entries of a store that is not there");
    equal((await keys({})).length, 6, "entries of all stores");
  });

  test("an entry is listed with its statistics", async ({ index, clock }) => {
    const expiresAt = clock.now() + 1e6;
    const made = { size: 1000, footprint: 4096, cost: 250, validator: '"v"', checksum: 5, expiresAt };
    const token = await fill(index, range("/a", 8, 1000), made);
    await fill(index, whole("/m"), { missing: true, size: 0, footprint: 0 });
    clock.advance(1000);
    await index.lookup(range("/a", 8, 1000));
    await index.lookup(range("/a", 8, 1000));
    clock.advance(500);
    index.recordAccess(range("/a", 8, 1000), token, 10);
    index.recordAccess(range("/a", 8, 1000), token, 20);
    const [entry, missing] = (await index.entries({ storeId: "s" })).entries;
    const { charge, lastUsedAt, accessDuration, location, ...rest } = present(entry, "the first entry");
    equal(
      rest,
      {
        ...range("/a", 8, 1000),
        token,
        missing: false,
        size: 1000,
        age: 1500,
        cost: 250,
        hits: 2,
        pinned: false,
        expiresAt,
        validator: '"v"',
        checksum: 5,
      },
      "what is listed",
    );
    equal(location, undefined, "the location of an entry that was given none");
    check(charge >= 4096, `charge ${charge} of a footprint of 4096`);
    equal(lastUsedAt, clock.now() - 500, "last use");
    check(accessDuration === 0 || accessDuration === 15, `mean of 10 and 20 ms: ${accessDuration}`);
    equal([missing?.key, missing?.missing, missing?.range], ["/m", true, undefined], "the missing key");
  });

  test("an empty index has one empty page", async ({ index }) => {
    equal(await index.entries({}), { entries: [], cursor: undefined }, "a page");
  });

  test("paging goes on past what is removed meanwhile", async ({ index }) => {
    for (let i = 0; i < 9; i++) await fill(index, whole(`/${i}`), { size: 10 });
    const first = await index.entries({ limit: 3 });
    for (const key of ["/2", "/3"]) await index.invalidate("s", key);
    const second = await index.entries({ limit: 3, cursor: present(first.cursor, "a cursor") });
    equal(
      second.entries.map(({ key }) => key),
      ["/4", "/5", "/6"],
      "the page after",
    );
  });
}

async function everyPage(index: StoreIndex, query: EntryQuery): Promise<EntryInfo[]> {
  const all: EntryInfo[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 1000; pages++) {
    const page = await index.entries(cursor === undefined ? query : { ...query, cursor });
    check(page.entries.length <= (query.limit ?? 100), `a page has at most ${query.limit} entries`);
    all.push(...page.entries);
    if (page.cursor === undefined) return all;
    cursor = page.cursor;
  }
  throw new ContractError("Paging came to no end in 1000 pages.");
}

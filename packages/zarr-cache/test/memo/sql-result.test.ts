import { expect, it } from "vitest";
import { type SqlOptions, sqlResult } from "../../src/memo/index.ts";
import { testTier } from "../support/memory-tier.ts";

const ROW = { at: new Date(5), id: 12345678901234567890n, raw: Buffer.from("ab"), name: "a", none: null };
const KEPT = { ...ROW, raw: Uint8Array.of(97, 98) };

/** A client that counts its queries. */
function countingClient(answer: (rows: unknown[]) => unknown, more: object = {}) {
  const queries: unknown[][] = [];
  return {
    ...more,
    queries,
    query: async (sql: string, params: unknown[]) => {
      queries.push([sql, ...params]);
      return answer([ROW]);
    },
  };
}

it.each<[string, (rows: unknown[]) => unknown]>([
  ["{ rows }", (rows) => ({ rows, rowCount: 1 })],
  ["[rows, fields]", (rows) => [rows, []]],
  ["rows", (rows) => rows],
])("keeps the rows of a client that answers %s, with their types", async (_, answer) => {
  const { storage } = testTier();
  const client = countingClient(answer);
  for (let time = 0; time < 2; time++)
    expect(await sqlResult(storage, client, "select 1", [3])).toEqual([KEPT]);
  await sqlResult(storage, client, "select 1", [4]);
  expect(client.queries).toEqual([
    ["select 1", 3],
    ["select 1", 4],
  ]);
});

it("asks again after five minutes, or as it is told", async () => {
  const { storage, clock } = testTier();
  const client = countingClient((rows) => rows);
  const read = (options?: SqlOptions<unknown>) => sqlResult(storage, client, "select 1", [], options);
  await read();
  clock.advance(300_000);
  await read({ expires: "1h" });
  clock.advance(3_599_999);
  await read();
  expect(client.queries).toHaveLength(2);
});

it("does not mix the rows of different databases", async () => {
  const { storage } = testTier();
  const connected = (more: object) => countingClient((rows) => rows, more);
  const clients = [
    connected({}),
    connected({}),
    connected({ host: "a", port: 5432, database: "x", user: "me" }),
    connected({ host: "b", port: 5432, database: "x", user: "me" }),
    connected({ options: { host: "a", port: 5433, database: "x" } }),
    connected({ options: { connectionString: "postgres://me:secret@a/y" } }),
    connected({ options: { connectionString: "postgres://me:secret@a/z" } }),
    connected({ dataDir: "/data" }),
  ];
  for (const client of clients) await sqlResult(storage, client, "select 1");
  for (const client of clients) await sqlResult(storage, client, "select 1");
  expect(clients.map(({ queries }) => queries.length)).toEqual(clients.map(() => 1));

  const same = connected({ host: "a", port: 5432, database: "x", user: "me" });
  const other = connected({ options: { connectionString: "postgres://me:changed@a/y" } });
  await sqlResult(storage, other, "select 1");
  expect(other.queries, "a password tells no database").toEqual([]);
  const named = [connected({}), connected({})];
  await sqlResult(storage, same, "select 1");
  for (const client of named) await sqlResult(storage, client, "select 1", [], { database: "shop" });
  expect([same, ...named].map(({ queries }) => queries.length)).toEqual([0, 1, 0]);
});

it("rejects what it cannot use", async () => {
  const { storage } = testTier();
  const client = countingClient((rows) => rows);
  expect(() => sqlResult(storage, {} as never, "select 1")).toThrow("client");
  expect(() => sqlResult(storage, client, 1 as never)).toThrow("sql");
  expect(() => sqlResult(storage, client, "select 1", [], { database: 1 as never })).toThrow("database");
  expect(() => sqlResult(storage, client, "select 1", [], { ttl: 1 } as never)).toThrow("ttl");
  await expect(
    sqlResult(
      storage,
      countingClient(() => 3),
      "select 1",
    ),
  ).rejects.toThrow("client");
});

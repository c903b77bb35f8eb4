import { PGlite } from "@electric-sql/pglite";
import { expect, it, onTestFinished } from "vitest";
import { sqlResult } from "zarr-cache/memo";
import { openCache } from "zarr-cache/node";
import { temporaryDirectory } from "./support/temporary-directory.ts";

/** PostgreSQL itself, compiled to WebAssembly: a real database without a server. */
async function startDatabase() {
  const database = await PGlite.create();
  onTestFinished(() => database.close());
  await database.exec(`
    create table reading (id bigint primary key, at timestamptz, raw bytea, value float8, ok boolean, note text,
      tags text[], more jsonb, amount numeric);
    insert into reading values
      (9007199254740993, '2026-01-02T03:04:05.678Z', '\\x00ff10', 'NaN', true, 'ä€🌍', '{a,b}', '{"$date": 1, "x": [null]}', 1.10),
      (2, null, null, '-Infinity', null, null, '{}', null, null);
  `);
  const queries: string[] = [];
  const client = {
    query(sql: string, params: unknown[]) {
      queries.push(sql);
      return database.query(sql, params);
    },
  };
  return { database, client, queries };
}

it("gives the rows of a real database back with their types, after a restart too", async () => {
  const { database, client, queries } = await startDatabase();
  const directory = await temporaryDirectory();
  const sql = "select * from reading where id > $1 order by id desc";
  const { rows } = await database.query(sql, [1]);
  expect(rows[0]).toMatchObject({ id: 9007199254740993n, at: new Date("2026-01-02T03:04:05.678Z") });
  for (let time = 0; time < 2; time++) {
    const cache = await openCache(directory, { maxBytes: "20 MB" });
    const read = () => sqlResult(cache, client, sql, [1], { database: "readings" });
    expect(await read()).toEqual(rows);
    expect(await read()).toEqual(rows);
    await cache.idle();
    await cache.close();
  }
  expect(queries).toEqual([sql]);
});

it("tells the database's own error, and keeps nothing of it", async () => {
  const { client, queries } = await startDatabase();
  const cache = await openCache(await temporaryDirectory(), { maxBytes: "20 MB" });
  onTestFinished(() => cache.close());
  for (let time = 0; time < 2; time++)
    await expect(sqlResult(cache, client, "select * from nothing")).rejects.toThrow("does not exist");
  expect(queries).toHaveLength(2);
});

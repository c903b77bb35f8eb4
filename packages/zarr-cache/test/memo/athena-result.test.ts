import { expect, it } from "vitest";
import { type AthenaClient, type AthenaPage, athenaResult } from "../../src/memo/index.ts";
import { testTier } from "../support/memory-tier.ts";
import { passTime } from "../support/pass-time.ts";

const COLUMNS = [
  ["carrier", "varchar"],
  ["n", "bigint"],
  ["delay", "double"],
  ["late", "boolean"],
  ["total", "decimal"],
] as const;

function page(rows: (string | undefined)[][], token?: string): AthenaPage {
  return {
    NextToken: token,
    ResultSet: {
      ResultSetMetadata: { ColumnInfo: COLUMNS.map(([Name, Type]) => ({ Name, Type })) },
      Rows: rows.map((values) => ({ Data: values.map((VarCharValue) => ({ VarCharValue })) })),
    },
  };
}

const HEADER = COLUMNS.map(([name]) => name);
const PAGES: Record<string, AthenaPage> = {
  "": page([HEADER, ["AA", "12", "0.5", "true", "1.10"]], "two"),
  two: page([["BB", undefined, "2", "false", "3.00"]]),
};

/** Athena that goes through some states and then answers two pages. */
function fakeAthena(states: string[], statement = "DML") {
  const calls: string[] = [];
  const client: AthenaClient = {
    async startQueryExecution({ QueryString, WorkGroup }) {
      calls.push(`start ${QueryString} ${WorkGroup ?? ""}`.trim());
      return { QueryExecutionId: "q-1" };
    },
    async getQueryExecution() {
      const State = states.length > 1 ? states.shift() : states[0];
      calls.push(`${State}`);
      return {
        QueryExecution: { StatementType: statement, Status: { State, StateChangeReason: "no such table" } },
      };
    },
    async getQueryResults({ NextToken = "" }) {
      calls.push(`page ${NextToken}`.trim());
      return PAGES[NextToken] ?? {};
    },
  };
  return { client, calls };
}

const ROWS = [
  { carrier: "AA", n: 12n, delay: 0.5, late: true, total: "1.10" },
  { carrier: "BB", n: null, delay: 2, late: false, total: "3.00" },
];

it("starts a query, waits until it is done, fetches all pages, and keeps the rows", async () => {
  const { storage, clock } = testTier();
  const { client, calls } = fakeAthena(["QUEUED", "RUNNING", "RUNNING", "SUCCEEDED"]);
  const options = { query: { WorkGroup: "air" }, timers: clock.timers, monotonic: clock.now };
  const reading = athenaResult(storage, client, "select 1", options);
  await passTime(clock, reading);
  expect(await reading).toEqual(ROWS);
  expect(calls).toEqual([
    "start select 1 air",
    "QUEUED",
    "RUNNING",
    "RUNNING",
    "SUCCEEDED",
    "page",
    "page two",
  ]);
  expect(await athenaResult(storage, client, "select 1", options)).toEqual(ROWS);
  expect(calls).toHaveLength(7);
  const { entries } = await storage.entries({ storeId: "results" });
  expect(
    entries.map(({ cost }) => cost),
    "it is dear",
  ).toEqual([1_500]);

  await athenaResult(storage, client, "select 1", { ...options, account: "another" });
  await athenaResult(storage, client, "select 1", { ...options, query: {} });
  expect(calls.filter((call) => call.startsWith("start"))).toHaveLength(3);
});

it("asks again after an hour", async () => {
  const { storage, clock } = testTier();
  const { client, calls } = fakeAthena(["SUCCEEDED"]);
  await athenaResult(storage, client, "select 1");
  clock.advance(3_600_000);
  await athenaResult(storage, client, "select 1");
  expect(calls.filter((call) => call.startsWith("start"))).toHaveLength(2);
});

it("takes the first row of other statements for a row", async () => {
  const { storage } = testTier();
  const { client } = fakeAthena(["SUCCEEDED"], "UTILITY");
  const rows = await athenaResult({ storage }, client, "show tables").catch((error: unknown) => error);
  expect(rows, "the header is no number").toBeInstanceOf(SyntaxError);
});

it.each(["FAILED", "CANCELLED"])(
  "rejects when the query has %s, and asks again the next time",
  async (state) => {
    const { storage } = testTier();
    const { client, calls } = fakeAthena([state]);
    for (let time = 0; time < 2; time++)
      await expect(athenaResult(storage, client, "select 1")).rejects.toMatchObject({
        tag: "QueryFailedError",
        id: "q-1",
        state,
        message: `Query q-1 ended as ${state}: no such table`,
      });
    expect(calls.filter((call) => call.startsWith("start"))).toHaveLength(2);
  },
);

it("rejects what it cannot use", () => {
  const { storage } = testTier();
  const { client } = fakeAthena([]);
  expect(() => athenaResult(storage, {} as never, "select 1")).toThrow("client");
  expect(() => athenaResult(storage, client, 1 as never)).toThrow("query");
  expect(() => athenaResult(storage, client, "select 1", { pollEvery: "often" })).toThrow("pollEvery");
  expect(() => athenaResult(storage, client, "select 1", { ttl: 1 } as never)).toThrow("ttl");
});

import { systemTimers, type Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import type { AthenaClient, AthenaQuery } from "./athena-client.ts";
import { type AthenaRow, rowsOfPage } from "./athena-rows.ts";
import { memo } from "./memo.ts";
import type { MemoOptions } from "./memo-options.ts";
import { QueryFailedError } from "./query-failed-error.ts";
import type { ResultCache } from "./result-store.ts";

/** Options of `athenaResult`. */
export interface AthenaOptions extends Omit<MemoOptions<[query: string], AthenaRow[]>, "key"> {
  /** Names the results in keys and listings. Default `"athena"`. */
  readonly name?: string;
  /** Where and how the query runs: database, catalog, parameters, work group. */
  readonly query?: AthenaQuery;
  /** Names the account and region, where one cache serves several. */
  readonly account?: string;
  /** How long to wait before it is asked whether the query is done. Default `"500 ms"`. */
  readonly pollEvery?: Duration;
  /** Starts and stops timers. Default: those of the platform. */
  readonly timers?: Timers;
}

/** How long rows are kept unless the options say otherwise. */
const EXPIRES = "1h";

/**
 * Rows of a query to Amazon Athena, from the cache or from Athena: starts it, waits until it is done, fetches all pages.
 * Rejects with `QueryFailedError` when it fails or is cancelled. A query takes seconds and is paid by the bytes that it
 * scans; its cost in the cache is the time that it took.
 *
 * ```ts
 * const rows = await athenaResult(cache, new Athena({ region }), "select count(*) as n from flights", {
 *   query: { QueryExecutionContext: { Database: "air" }, WorkGroup: "primary" },
 * });
 * ```
 */
export function athenaResult(
  cache: ResultCache,
  client: AthenaClient,
  query: string,
  options: AthenaOptions = {},
): Promise<AthenaRow[]> {
  if (typeof client?.startQueryExecution !== "function")
    throw new InvalidOptionError(
      "client",
      client,
      "the Athena client of the AWS SDK: new Athena({ region })",
    );
  if (typeof query !== "string") throw new InvalidOptionError("query", query, "the text of a query");
  const {
    name = "athena",
    query: how = {},
    account = "",
    pollEvery = 500,
    timers = systemTimers,
    ...others
  } = options;
  const pause = parseDuration("pollEvery", pollEvery);
  const wait = () => new Promise<void>((resolve) => void timers.set(resolve, pause));
  const run = async (text: string): Promise<AthenaRow[]> => {
    const { QueryExecutionId: id } = await client.startQueryExecution({ ...how, QueryString: text });
    if (id === undefined) throw new QueryFailedError("without id", "UNKNOWN", "Athena gave it no id");
    return fetchRows(client, id, await untilDone(client, id, wait));
  };
  const key = (text: string) => [account, how, text];
  return memo(cache, name, run, { expires: EXPIRES, ...others, key })(query);
}

/** Asks until the query has succeeded; answers the type of its statement. */
async function untilDone(
  client: AthenaClient,
  id: string,
  wait: () => Promise<void>,
): Promise<string | undefined> {
  for (;;) {
    const { QueryExecution } = await client.getQueryExecution({ QueryExecutionId: id });
    const { State = "UNKNOWN", StateChangeReason } = QueryExecution?.Status ?? {};
    if (State === "SUCCEEDED") return QueryExecution?.StatementType;
    if (State !== "QUEUED" && State !== "RUNNING") throw new QueryFailedError(id, State, StateChangeReason);
    await wait();
  }
}

async function fetchRows(client: AthenaClient, id: string, statement = "DML"): Promise<AthenaRow[]> {
  const rows: AthenaRow[] = [];
  let token: string | undefined;
  do {
    const page = await client.getQueryResults({
      QueryExecutionId: id,
      ...(token !== undefined && { NextToken: token }),
    });
    rows.push(...rowsOfPage(page, token === undefined && statement === "DML"));
    token = page.NextToken;
  } while (token !== undefined);
  return rows;
}

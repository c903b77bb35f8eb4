import { InvalidOptionError } from "../errors.ts";
import { databaseOf } from "./database-identity.ts";
import { memo } from "./memo.ts";
import type { MemoOptions } from "./memo-options.ts";
import type { ResultCache } from "./result-store.ts";

/** A client of a database, such as `pg.Pool`, `pg.Client` or PGlite. */
export interface SqlClient {
  query(sql: string, params: unknown[]): PromiseLike<unknown>;
}

/** Options of `sqlResult`. */
export interface SqlOptions<Row>
  extends Omit<MemoOptions<[sql: string, params: readonly unknown[]], Row[]>, "key"> {
  /** Names the results in keys and listings. Default `"sql"`. */
  readonly name?: string;
  /**
   * Names the database. Default: what the client tells of itself (host, port, database and user of `pg`). A client that
   * tells nothing shares its results with nobody unless this is given.
   */
  readonly database?: string;
}

/** How long rows are kept unless the options say otherwise. */
const EXPIRES = "5m";

/**
 * Rows of a query, from the cache or from the database. `Date`, bigint and bytes come back as what they were (a `Buffer`
 * as a `Uint8Array`). Meant for queries that only read: one that is answered from the cache is not run.
 *
 * ```ts
 * const stations = await sqlResult(cache, pool, "select * from station where height > $1", [1000], { expires: "1h" });
 * ```
 */
export function sqlResult<Row = Record<string, unknown>>(
  cache: ResultCache,
  client: SqlClient,
  sql: string,
  params: readonly unknown[] = [],
  options: SqlOptions<Row> = {},
): Promise<Row[]> {
  if (typeof client?.query !== "function")
    throw new InvalidOptionError("client", client, "a database client with query(sql, params)");
  if (typeof sql !== "string") throw new InvalidOptionError("sql", sql, "the text of a query");
  const { name = "sql", database, ...others } = options;
  if (database !== undefined && typeof database !== "string")
    throw new InvalidOptionError("database", database, "a text that names the database");
  const run = async (text: string, values: readonly unknown[]): Promise<Row[]> =>
    rowsOf(await client.query(text, [...values]));
  return memo(cache, name, run, {
    expires: EXPIRES,
    ...others,
    key: (text, values) => [database ?? databaseOf(client), text, values],
  })(sql, params);
}

/** The rows in what clients answer: `{ rows }`, `[rows, fields]`, or the rows themselves. */
function rowsOf<Row>(answer: unknown): Row[] {
  if (typeof answer === "object" && answer !== null && "rows" in answer && Array.isArray(answer.rows))
    return answer.rows;
  if (Array.isArray(answer)) return answer.length === 2 && Array.isArray(answer[0]) ? answer[0] : answer;
  throw new InvalidOptionError("client", answer, "a client whose query() answers { rows } or a list of rows");
}

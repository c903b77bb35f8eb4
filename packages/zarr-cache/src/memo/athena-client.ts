/** What is used of the `Athena` client of the AWS SDK for JavaScript, version 3. */
export interface AthenaClient {
  startQueryExecution(
    input: AthenaQuery & { QueryString: string },
  ): Promise<{ QueryExecutionId?: string | undefined }>;
  getQueryExecution(input: { QueryExecutionId: string }): Promise<{
    QueryExecution?:
      | {
          StatementType?: string | undefined;
          Status?: { State?: string | undefined; StateChangeReason?: string | undefined } | undefined;
        }
      | undefined;
  }>;
  getQueryResults(input: { QueryExecutionId: string; NextToken?: string }): Promise<AthenaPage>;
}

/** Where and how a query runs; the same fields as in Athena's `StartQueryExecution`. */
export interface AthenaQuery {
  QueryExecutionContext?: { Database?: string; Catalog?: string };
  ExecutionParameters?: string[];
  WorkGroup?: string;
  ResultConfiguration?: { OutputLocation?: string };
}

/** A page of results. */
export interface AthenaPage {
  NextToken?: string | undefined;
  ResultSet?:
    | {
        Rows?: { Data?: { VarCharValue?: string | undefined }[] | undefined }[] | undefined;
        ResultSetMetadata?:
          | { ColumnInfo?: { Name: string | undefined; Type: string | undefined }[] | undefined }
          | undefined;
      }
    | undefined;
}

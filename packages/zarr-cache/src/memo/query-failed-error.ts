import { ZarrCacheError } from "../errors.ts";

/** A query ended without a result; says how, and the reason that the service gave. */
export class QueryFailedError extends ZarrCacheError {
  /** The service's name for the query. */
  readonly id: string;
  readonly state: string;

  constructor(id: string, state: string, reason: string | undefined) {
    super("QueryFailedError", `Query ${id} ended as ${state}: ${reason ?? "no reason given"}`);
    this.id = id;
    this.state = state;
  }
}

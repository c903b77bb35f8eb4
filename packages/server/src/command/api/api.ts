import { CommandError } from "../command-error.ts";

/** The operations API of a cache: of a server that runs, or of a cache that this command opened itself. */
export interface Api {
  /** What it is of, for people. */
  readonly name: string;
  /** Answers a request for a path such as `/api/v1/usage`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** Asks for JSON; a refusal is a `CommandError` of what the answer says. */
export async function ask<T>(api: Api, path: string, body?: unknown): Promise<T> {
  const answer = await api.fetch(path, {
    headers: {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
  if (answer.ok)
    return answer.json().catch((cause: Error) => {
      throw new CommandError(`${api.name}: its answer breaks off (${cause.message}).`, 1, { cause });
    });
  throw await refusalOf(api, answer);
}

/** What an answer says that is a refusal. */
export async function refusalOf(api: Api, answer: Response): Promise<CommandError> {
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  const reason = problem.detail ?? `it answered with status ${answer.status}`;
  return new CommandError(`${api.name}: ${reason}`);
}

/** A path with what is given of a query. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given.map(([k, v]) => [k, String(v)]))}`;
}

import { setTimeout } from "node:timers/promises";
import { CommandError } from "../command-error.ts";
import { progress } from "../show/progress.ts";
import { type Api, ask, refusalOf } from "./api.ts";

/** A job as the operations API tells of it. */
interface Job<Result> {
  readonly id: string;
  readonly kind: string;
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly progress: Readonly<Record<string, unknown>>;
  readonly result: Result | null;
  readonly reason: string | null;
}

/** What of a job's progress is shown. */
export type ShowJob = (told: Readonly<Record<string, unknown>>) => {
  readonly done: number;
  readonly total: number | null;
  readonly more?: string;
};

/** So many times in a row nothing came before a stream of events broke off. */
const MOST_BREAKS = 5;
const PAUSE = 100;

/**
 * Begins a job, shows how far it is until it has ended, and resolves to what it found. Where its events break off, as when
 * one of the server's processes ends, it is asked for again. Ctrl-C ends the job; what it has done stays done.
 */
export async function runJob<Result>(
  api: Api,
  path: string,
  body: unknown,
  what: string,
  shown: ShowJob,
  wait: (milliseconds: number) => Promise<unknown> = setTimeout,
): Promise<Result> {
  let job = await ask<Job<Result>>(api, path, body);
  const place = `/api/v1/jobs/${job.id}`;
  const line = progress(what);
  // A server that is away ends it, or will not: the command says which.
  const cancel = () => void api.fetch(place, { method: "DELETE" }).catch(() => {});
  process.once("SIGINT", cancel);
  try {
    let breaks = 0;
    // The stream ends before the job does where the server reads its configuration anew.
    while (job.state === "running") {
      try {
        let isTold = false;
        for await (const told of events<Job<Result>>(await streamOf(api, place))) {
          job = told;
          isTold = true;
          breaks = 0;
          const { done, total, more } = shown(job.progress);
          line.show(done, total, more);
        }
        if (!isTold) throw new Error("nothing came");
      } catch (error) {
        if (error instanceof CommandError) throw error;
        if (++breaks > MOST_BREAKS) throw broken(api, error as Error);
        await wait(PAUSE * breaks);
      }
      if (job.state === "running") job = await ask<Job<Result>>(api, place);
    }
  } finally {
    line.end();
    process.off("SIGINT", cancel);
  }
  if (job.state === "cancelled")
    throw new CommandError(job.reason ?? "ended before it was done; what was done stays.", 130);
  if (job.state === "failed") throw new CommandError(job.reason ?? "it failed");
  return job.result as Result;
}

async function streamOf(api: Api, place: string): Promise<Response> {
  const answer = await api.fetch(`${place}/events`);
  if (!answer.ok) throw await refusalOf(api, answer);
  return answer;
}

function broken(api: Api, error: Error): CommandError {
  return new CommandError(
    `${api.name}: what it tells of the job breaks off (${error.message}); the job goes on there.`,
    1,
    { cause: error },
  );
}

/** The data of a stream of events (WHATWG HTML §9.2). */
async function* events<T>(answer: Response): AsyncGenerator<T> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const data = part
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5));
      if (data.length > 0) yield JSON.parse(data.join("\n")) as T;
    }
  }
}

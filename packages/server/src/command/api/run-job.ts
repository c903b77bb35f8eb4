import { CommandError } from "../command-error.ts";
import { progress } from "../show/progress.ts";
import { type Api, ask } from "./api.ts";

/** A job as the operations API tells of it. */
interface Job {
  readonly id: string;
  readonly kind: string;
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly progress: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly reason: string | null;
}

/** What of a job's progress is shown. */
export type ShowJob = (told: Readonly<Record<string, unknown>>) => {
  readonly done: number;
  readonly total: number | null;
  readonly more?: string;
};

/**
 * Begins a job, shows how far it is until it has ended, and resolves to what it found. Ctrl-C ends the job; what it has
 * done stays done.
 */
export async function runJob(
  api: Api,
  path: string,
  body: unknown,
  what: string,
  shown: ShowJob,
): Promise<Job> {
  let job = await ask<Job>(api, path, body);
  const line = progress(what);
  const cancel = () => void api.fetch(`/api/v1/jobs/${job.id}`, { method: "DELETE" });
  process.once("SIGINT", cancel);
  try {
    // The stream ends before the job does where the server reads its configuration anew.
    while (job.state === "running") {
      const answer = await api.fetch(`/api/v1/jobs/${job.id}/events`);
      for await (const told of events<Job>(answer)) {
        job = told;
        const { done, total, more } = shown(job.progress);
        line.show(done, total, more);
      }
      if (job.state === "running") job = await ask<Job>(api, `/api/v1/jobs/${job.id}`);
    }
  } finally {
    line.end();
    process.off("SIGINT", cancel);
  }
  if (job.state === "cancelled")
    throw new CommandError("ended before it was done; what was done stays.", 130);
  if (job.state === "failed") throw new CommandError(job.reason ?? "it failed");
  return job;
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

import type { Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import { EvaluationError } from "../../errors.ts";
import type { Job, JobAnswer } from "./job.ts";
import { loadBull } from "./load-package.ts";
import { PREFIX, type QueueLocation } from "./queue-location.ts";
import { away, connectedClient, placeOf } from "./redis-client.ts";

/** What became of a job: a worker's answer, its error, or nothing at all, so that it must be given again. */
export type Outcome =
  | JobAnswer
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "gone" };

/** A job that is waited for. */
interface Waiting {
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: unknown) => void;
  /** How often in a row it was not in Redis although nothing was heard of it. */
  missed: number;
}

/** Between two looks at how things stand, in milliseconds. */
const BEAT = 2000;

/**
 * The connection of an evaluator to a queue: gives jobs, and hears what becomes of them. It looks after what it waits for at every
 * beat, so that nothing depends on hearing every event, on Redis not forgetting anything, or on anybody being there.
 */
export class QueueLine {
  readonly client: Redis;
  readonly #queue: Queue<Job, JobAnswer>;
  readonly #events: QueueEvents;
  readonly #hearing: Redis;
  readonly #patience: number;
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #keeping = new Set<() => Promise<void>>();
  readonly #timer: ReturnType<typeof setInterval>;
  #heardAt = performance.now();
  #servedAt = performance.now();
  #isLooking = false;

  private constructor(
    client: Redis,
    hearing: Redis,
    parts: { readonly queue: Queue<Job, JobAnswer>; readonly events: QueueEvents },
    patience: number,
  ) {
    this.client = client;
    this.#hearing = hearing;
    this.#queue = parts.queue;
    this.#events = parts.events;
    this.#patience = patience;
    this.#events.on("completed", ({ jobId, returnvalue }) => this.#settle(jobId, answerOf(returnvalue)));
    this.#events.on("failed", ({ jobId, failedReason }) =>
      this.#settle(jobId, { state: "failed", reason: failedReason }),
    );
    this.#events.on("removed", ({ jobId }) => this.#settle(jobId, { state: "gone" }));
    this.#timer = setInterval(() => void this.#look(), Math.min(BEAT, Math.max(50, patience / 4)));
  }

  /** Opens it; rejects where Redis is away, or a package is not installed. `patience` is for Redis and workers to be there. */
  static async open(
    { redis, queue: name = "evaluations" }: QueueLocation,
    patience: number,
  ): Promise<QueueLine> {
    const { Queue, QueueEvents } = await loadBull();
    const client = await connectedClient(redis, "commands");
    try {
      // What happens from now on is heard, whenever listening begins.
      const [seconds, microseconds] = await client.time();
      const lastEventId = `${Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)}-0`;
      const hearing = await connectedClient(redis, "waiting");
      const queue = new Queue<Job, JobAnswer>(name, { connection: client, prefix: PREFIX });
      const events = new QueueEvents(name, { connection: hearing, prefix: PREFIX, lastEventId });
      queue.on("error", () => {});
      events.on("error", () => {});
      return new QueueLine(client, hearing, { queue, events }, patience);
    } catch (error) {
      client.disconnect();
      throw error instanceof EvaluationError ? error : away(client, error);
    }
  }

  /** Has something done at every beat, until told otherwise. */
  keep(what: () => Promise<void>): () => void {
    this.#keeping.add(what);
    return () => void this.#keeping.delete(what);
  }

  /** Gives a job, unless the same is there already, and waits for what becomes of it. */
  async run(id: string, job: Job, signal: AbortSignal | undefined): Promise<Outcome> {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0) this.#servedAt = this.#heardAt = performance.now();
    const outcome = this.#outcome(id, signal);
    const options = { jobId: id, attempts: 1, removeOnComplete: true, removeOnFail: true };
    // Where Redis is away, the next beats find that the job is not there.
    const adding = this.#queue.add("chunk", job, options).catch(() => {});
    return adding.then(() => outcome);
  }

  /** Takes back jobs that nobody has begun. */
  async takeBack(ids: Iterable<string>): Promise<void> {
    await Promise.all(
      [...ids].filter((id) => !this.#waiting.has(id)).map((id) => this.#queue.remove(id).catch(() => 0)),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#failAll(new EvaluationError("The evaluator is closed"));
    await Promise.allSettled([this.#events.close(), this.#queue.close()]);
    for (const client of [this.#hearing, this.client]) client.disconnect();
  }

  #outcome(id: string, signal: AbortSignal | undefined): Promise<Outcome> {
    const outcome = new Promise<Outcome>((resolve, reject) => {
      const all = this.#waiting.get(id) ?? new Set<Waiting>();
      this.#waiting.set(id, all);
      const done = (how: () => void) => {
        signal?.removeEventListener("abort", aborted);
        all.delete(waiting);
        if (all.size === 0) this.#waiting.delete(id);
        how();
      };
      const aborted = () => done(() => reject(signal?.reason));
      const waiting: Waiting = {
        settle: (it) => done(() => resolve(it)),
        fail: (error) => done(() => reject(error)),
        missed: 0,
      };
      signal?.addEventListener("abort", aborted, { once: true });
      all.add(waiting);
    });
    outcome.catch(() => {});
    return outcome;
  }

  #settle(id: string, outcome: Outcome): void {
    for (const { settle } of [...(this.#waiting.get(id) ?? [])]) settle(outcome);
  }

  #failAll(error: unknown): void {
    for (const all of [...this.#waiting.values()]) for (const { fail } of [...all]) fail(error);
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#waiting.size === 0) return;
    this.#isLooking = true;
    try {
      for (const what of this.#keeping) await what();
      if ((await this.#queue.getWorkersCount()) > 0) this.#servedAt = performance.now();
      await Promise.all([...this.#waiting.keys()].map((id) => this.#lookAt(id)));
      this.#heardAt = performance.now();
    } catch (error) {
      if (performance.now() - this.#heardAt >= this.#patience) this.#failAll(away(this.client, error));
    } finally {
      this.#isLooking = false;
    }
    if (performance.now() - this.#servedAt >= this.#patience) this.#failAll(this.#unserved());
  }

  /** A job that was not there twice, while nothing was heard of it, is gone. */
  async #lookAt(id: string): Promise<void> {
    const state = await this.#queue.getJobState(id);
    for (const waiting of [...(this.#waiting.get(id) ?? [])]) {
      waiting.missed = state === "unknown" ? waiting.missed + 1 : 0;
      if (waiting.missed >= 2) waiting.settle({ state: "gone" });
    }
  }

  #unserved(): EvaluationError {
    const seconds = Math.round(this.#patience / 100) / 10;
    return new EvaluationError(
      `No worker has served the queue "${this.#queue.name}" of Redis at ${placeOf(this.client)} for ${seconds} s: start one with "zarr-cache worker"`,
    );
  }
}

/** What a worker returned; something else than an answer of this format is an error. */
function answerOf(returned: unknown): Outcome {
  const answer: JobAnswer = typeof returned === "string" ? JSON.parse(returned) : returned;
  if (["kept", "unkept", "unwanted", "refused"].includes(answer?.state)) return answer;
  return { state: "failed", reason: "it answered in a format that is not known here" };
}

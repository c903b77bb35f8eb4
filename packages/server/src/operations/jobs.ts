import { randomUUID } from "node:crypto";
import type { Bulletin } from "./bulletin.ts";

/** Something that takes a while: what it is, how far, and how it ended. */
export interface Job {
  readonly id: string;
  readonly kind: "warm" | "verify";
  readonly store: string | null;
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly progress: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>> | null;
  /** Why it failed. */
  readonly reason: string | null;
}

/** What a job does: tells how far it is, and ends when it is cancelled. */
export type JobWork = (
  tell: (progress: Record<string, unknown>) => void,
  signal: AbortSignal,
) => Promise<Record<string, unknown>>;

const MOST_RUNNING = 4;
const MOST_KEPT = 100;
/** How often listeners are told at most, in milliseconds. */
const PACE = 100;

/** There are as many jobs as there may be. */
export class TooManyJobsError extends Error {}

/** The jobs of a server, whichever of its processes does them. The latest are kept for those who ask how they ended. */
export class Jobs {
  readonly #bulletin: Bulletin;
  readonly #clock: () => number;
  readonly #jobs = new Map<string, Job>();
  readonly #own = new Map<string, AbortController>();
  readonly #listeners = new Set<(job: Job) => void>();

  constructor(bulletin: Bulletin, clock: () => number) {
    this.#bulletin = bulletin;
    this.#clock = clock;
    bulletin.on("job", (job) => this.#take(job as Job));
    bulletin.on("cancel", (id) => this.#own.get(id as string)?.abort());
  }

  /** The latest first. */
  list(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** Begins one in this process; throws {@link TooManyJobsError} where too many are running. */
  begin(kind: Job["kind"], store: string | null, work: JobWork): Job {
    if (this.#own.size >= MOST_RUNNING) throw new TooManyJobsError();
    const abort = new AbortController();
    const job: Job = {
      id: randomUUID(),
      kind,
      store,
      state: "running",
      startedAt: this.#now(),
      endedAt: null,
      progress: {},
      result: null,
      reason: null,
    };
    this.#own.set(job.id, abort);
    this.#tell(job);
    void this.#run(job, work, abort);
    return job;
  }

  /** Ends one, whichever process does it; what it has done stays done. */
  cancel(id: string): void {
    this.#own.get(id)?.abort();
    this.#bulletin.post("cancel", id);
  }

  /** Calls back whenever a job has got further; returns the way to stop it. */
  onChange(listener: (job: Job) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends those of this process, and resolves when they have ended. */
  close(): void {
    for (const abort of this.#own.values()) abort.abort();
  }

  async #run(job: Job, work: JobWork, abort: AbortController): Promise<void> {
    let current = job;
    let toldAt = Number.NEGATIVE_INFINITY;
    const tell = (progress: Record<string, unknown>) => {
      current = { ...current, progress };
      this.#jobs.set(job.id, current);
      if (this.#clock() - toldAt < PACE) return;
      toldAt = this.#clock();
      this.#tell(current);
    };
    const end = (how: Partial<Job>) => {
      this.#own.delete(job.id);
      this.#tell({ ...current, ...how, endedAt: this.#now() });
    };
    try {
      const result = await work(tell, abort.signal);
      end({ state: "done", result });
    } catch (error) {
      if (abort.signal.aborted) end({ state: "cancelled" });
      else end({ state: "failed", reason: (error as Error).message });
    }
  }

  #tell(job: Job): void {
    this.#take(job);
    this.#bulletin.post("job", job);
  }

  #take(job: Job): void {
    this.#jobs.set(job.id, job);
    for (const [id, { state }] of this.#jobs) {
      if (this.#jobs.size <= MOST_KEPT) break;
      if (state !== "running") this.#jobs.delete(id);
    }
    for (const listener of this.#listeners) listener(job);
  }

  #now(): string {
    return new Date(this.#clock()).toISOString();
  }
}

import { randomUUID } from "node:crypto";
import type { Bulletin } from "./bulletin.ts";
import type { Job, JobGround, JobWork } from "./job.ts";
import { JobRun } from "./job-run.ts";

const MOST_RUNNING = 4;
const MOST_KEPT = 100;
/** How often listeners are told at most, in milliseconds. */
const PACE = 100;

/** There are as many jobs as there may be. */
export class TooManyJobsError extends Error {}

/**
 * The jobs of a server, whichever of its processes does them, through every reload. The latest are kept for those who ask how
 * they ended.
 */
export class Jobs {
  readonly #bulletin: Bulletin;
  readonly #clock: () => number;
  readonly #jobs = new Map<string, Job>();
  readonly #own = new Map<string, JobRun>();
  readonly #listeners = new Set<(job: Job) => void>();
  readonly #deaf: (() => void)[];
  #ground: JobGround | undefined;

  constructor(bulletin: Bulletin, clock: () => number) {
    this.#bulletin = bulletin;
    this.#clock = clock;
    this.#deaf = [
      bulletin.on("job", (job) => this.#take(job as Job)),
      bulletin.on("cancel", (id) => this.#own.get(id as string)?.cancel()),
    ];
  }

  /** The latest first. */
  list(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /**
   * Begins one in this process, of a store or of the whole cache, over what whoever asks for it works with; throws
   * {@link TooManyJobsError} where too many are running.
   */
  begin(kind: Job["kind"], store: string | null, ground: JobGround, work: JobWork): Job {
    if (this.#own.size >= MOST_RUNNING) throw new TooManyJobsError();
    const run = new JobRun(store, ground, work);
    // A request that came before a reload may begin one after it.
    if (this.#ground !== undefined) run.goOnOver(this.#ground);
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
    this.#own.set(job.id, run);
    this.#tell(job);
    void this.#see(job, run);
    return job;
  }

  /** Ends one, whichever process does it; what it has done stays done. */
  cancel(id: string): void {
    this.#own.get(id)?.cancel();
    this.#bulletin.post("cancel", id);
  }

  /** Calls back whenever a job has got further; returns the way to stop it. */
  onChange(listener: (job: Job) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Goes on over another configuration, before what the old one does not share with it is closed. */
  goOnOver(ground: JobGround): void {
    this.#ground = ground;
    for (const run of this.#own.values()) run.goOnOver(ground);
  }

  /** Ends those of this process, and hears of no others any more. */
  close(): void {
    for (const stop of this.#deaf) stop();
    for (const run of this.#own.values()) run.cancel();
  }

  async #see(job: Job, run: JobRun): Promise<void> {
    let current = job;
    let toldAt = Number.NEGATIVE_INFINITY;
    const outcome = await run.outcome((progress) => {
      current = { ...current, progress };
      this.#jobs.set(job.id, current);
      if (this.#clock() - toldAt < PACE) return;
      toldAt = this.#clock();
      this.#tell(current);
    });
    this.#own.delete(job.id);
    this.#tell({ ...current, ...outcome, endedAt: this.#now() });
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

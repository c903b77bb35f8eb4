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

/** A job, and the process that does it. */
interface Known {
  readonly job: Job;
  readonly process: number;
}

/**
 * The jobs of a server, whichever of its processes does them, through every reload. The latest are kept for those who ask how
 * they ended. What a process does that ends fails with it.
 */
export class Jobs {
  readonly #bulletin: Bulletin;
  readonly #clock: () => number;
  readonly #jobs = new Map<string, Known>();
  readonly #own = new Map<string, JobRun>();
  readonly #listeners = new Set<(job: Job) => void>();
  readonly #deaf: (() => void)[];
  /** Processes that have ended, of which others may tell who have not heard of that. */
  readonly #ended = new Set<number>();
  #ground: JobGround | undefined;

  constructor(bulletin: Bulletin, clock: () => number) {
    this.#bulletin = bulletin;
    this.#clock = clock;
    this.#deaf = [
      bulletin.on("job", (job, process) => this.#hear({ job: job as Job, process })),
      bulletin.on("jobs wanted", () => bulletin.post("jobs", [...this.#jobs.values()])),
      bulletin.on("jobs", (told) => {
        for (const known of told as Known[]) if (!this.#jobs.has(known.job.id)) this.#hear(known);
      }),
      bulletin.on("cancel", (id) => this.#own.get(id as string)?.cancel()),
      bulletin.onEnded((process) => {
        this.#ended.add(process);
        for (const known of this.#jobs.values())
          if (known.process === process && known.job.state === "running") this.#hear(known);
      }),
    ];
  }

  /** Learns of the jobs that other processes know, of before this one began. */
  join(): Promise<void> {
    return this.#bulletin.announce("jobs wanted", null);
  }

  /** The latest first. */
  list(): Job[] {
    const jobs = [...this.#jobs.values()].map(({ job }) => job).reverse();
    return jobs.sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id)?.job;
  }

  /**
   * Begins one in this process, of a store or of the whole cache, over what whoever asks for it works with; resolves when
   * every process knows of it. Rejects with {@link TooManyJobsError} where too many are running.
   */
  async begin(kind: Job["kind"], store: string | null, ground: JobGround, work: JobWork): Promise<Job> {
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
    this.#take(job);
    const known = this.#bulletin.announce("job", job);
    void this.#see(job, run);
    await known;
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
    const tell = (next: Job) => {
      this.#take(next);
      this.#bulletin.post("job", next);
    };
    const outcome = await run.outcome((progress) => {
      current = { ...current, progress };
      if (this.#clock() - toldAt < PACE) return this.#keep({ job: current, process: this.#bulletin.self });
      toldAt = this.#clock();
      tell(current);
    });
    this.#own.delete(job.id);
    tell({ ...current, ...outcome, endedAt: this.#now() });
  }

  /** Takes what another process tells; one that has ended does nothing any more. */
  #hear({ job, process }: Known): void {
    const isLost = job.state === "running" && this.#ended.has(process);
    this.#take(
      isLost
        ? { ...job, state: "failed", endedAt: this.#now(), reason: "The process that did it has ended." }
        : job,
      process,
    );
  }

  #take(job: Job, process: number = this.#bulletin.self): void {
    this.#keep({ job, process });
    for (const [id, { job: old }] of this.#jobs) {
      if (this.#jobs.size <= MOST_KEPT) break;
      if (old.state !== "running") this.#jobs.delete(id);
    }
    for (const listener of this.#listeners) listener(job);
  }

  #keep(known: Known): void {
    this.#jobs.set(known.job.id, known);
  }

  #now(): string {
    return new Date(this.#clock()).toISOString();
  }
}

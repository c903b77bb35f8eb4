import type { ServerContext } from "../context.ts";

/** Something that takes a while: what it is, how far, and how it ended. */
export interface Job {
  readonly id: string;
  readonly kind: "warm" | "verify";
  /** Absent: it is about the whole cache. */
  readonly store: string | null;
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly progress: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>> | null;
  /** Why it failed, or was cancelled by nobody. */
  readonly reason: string | null;
}

/** What jobs work on: the cache and the stores of a configuration. */
export type JobGround = Pick<ServerContext, "cache" | "stores">;

/** Hears how far a job is. */
export type Tell = (progress: Record<string, unknown>) => void;

/**
 * What a job does: tells how far it is, and ends when it is cancelled. Called again, with another ground, where a reload has
 * replaced what it was working on; what it did before is kept or done again.
 */
export type JobWork = (
  ground: JobGround,
  tell: Tell,
  signal: AbortSignal,
) => Promise<Record<string, unknown>>;

import type { Timers } from "zarr-cache";
import type { ResultCache } from "zarr-cache/memo";
import type { Evaluator } from "../evaluators/evaluator.ts";

/** What a node works with that is no part of what it computes: a cache, evaluators, a clock. */
export interface Environment {
  /** Where results are kept; none unless told. */
  readonly cache?: ResultCache;
  /** The store id that results are kept under: `nodes` unless told. */
  readonly storeId?: string;
  /** Evaluators by the name of their method. */
  readonly evaluators?: Readonly<Record<string, Evaluator>>;
  /** Settings of types of nodes. */
  readonly settings?: SettingsSource;
  /** Milliseconds since 1970; `Date.now` unless told. */
  readonly now?: () => number;
  /** Monotonic milliseconds, for what a computation takes; `performance.now` unless told. */
  readonly monotonic?: () => number;
  /** Timers, for how long a cache may take to list what it has; those of the platform unless told. */
  readonly timers?: Timers;
}

/** Where the settings of types of nodes come from. */
export interface SettingsSource {
  /** Those of a type, by name. */
  of(type: string): Readonly<Record<string, unknown>>;
}

/**
 * Reads through zarrita as an application would, as a process of its own: directly, or through a cache directory.
 * Questions: see `ReaderQuestion`.
 */
import { createHash } from "node:crypto";
import type { CachedStore } from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import { openCache } from "zarr-cache/node";
import type * as zarr from "zarrita";
import { answerMessages } from "./answer-messages.ts";
import { meteredFetch } from "./metered-fetch.ts";
import { readAll } from "./read.ts";
import type { Reading } from "./reading.ts";

export type ReaderQuestion =
  /** Opens the cache and gets ready. */
  | { readonly ask: "prepare"; readonly task: Task }
  /** Reads all once. Answered with `Pass`. */
  | { readonly ask: "read" };

export interface Task {
  readonly url: string;
  readonly readings: readonly Reading[];
  /** Where to cache; without it the source is read directly. */
  readonly cache?: { readonly directory: string; readonly maxBytes: string };
}

/** One pass over all readings. */
export interface Pass {
  readonly seconds: number;
  /** Of the decoded values of each reading. */
  readonly hashes: readonly string[];
  /** What this process asked the source. */
  readonly requests: number;
  readonly bytes: number;
  /** Reads of the cached stores, and how many of them needed no source read of their own. */
  readonly lookups: number;
  readonly hits: number;
}

const metered = meteredFetch();
let task: Task | undefined;
let cache: Awaited<ReturnType<typeof openCache>> | undefined;
const sources = new Map<string, zarr.Readable>();
const cached: CachedStore[] = [];

/** Opens a source once per process, cached or as it is. */
function storeOf(name: string, { url }: Task): zarr.Readable {
  const known = sources.get(name);
  if (known) return known;
  const source = new HttpSource(new URL(name, url), { fetch: metered });
  const store = cache ? cache.wrap(source, storeIdOf(name, url)) : source;
  if (cache) cached.push(store as CachedStore);
  sources.set(name, store);
  return store;
}

/** The demo's own server changes its port with each run, so its data are known by their name. */
function storeIdOf(name: string, url: string): string {
  return name || createHash("sha256").update(url).digest("hex").slice(0, 16);
}

async function prepare(given: Task): Promise<void> {
  task = given;
  if (given.cache) cache = await openCache(given.cache.directory, { maxBytes: given.cache.maxBytes });
}

async function read(report: (done: number) => void): Promise<Pass> {
  if (!task) throw new Error("Ask the reader to prepare first");
  const current = task;
  const before = count();
  const began = performance.now();
  const hashes = await readAll(current.readings, (name) => storeOf(name, current), report);
  const seconds = (performance.now() - began) / 1000;
  // What is read is kept in the background; the next process shall find all of it.
  for (const store of cached) await store.idle();
  const after = count();
  const difference = (name: keyof typeof after): number => after[name] - before[name];
  return {
    seconds,
    hashes,
    requests: difference("requests"),
    bytes: difference("bytes"),
    lookups: difference("lookups"),
    hits: difference("hits"),
  };
}

function count(): Record<"requests" | "bytes" | "lookups" | "hits", number> {
  const stats = cached.map((store) => store.stats());
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    ...metered.traffic(),
    lookups: sum(stats.map(({ reads, failures }) => reads - failures)),
    hits: sum(stats.map(({ reads, failures, misses }) => reads - failures - misses)),
  };
}

answerMessages<ReaderQuestion>(
  (question, report) => (question.ask === "prepare" ? prepare(question.task) : read(report)),
  () => cache?.close(),
);

import { join } from "node:path";
import { differingReadings } from "./compare.ts";
import type { Traffic } from "./origin.ts";
import type { Pass, Task } from "./reader.ts";
import { type Reader, startReader } from "./reader-process.ts";
import type { Reading } from "./reading.ts";

const CROWD = 4;

/** What the tour is taken over. */
export interface Subject {
  readonly url: string;
  readonly readings: readonly Reading[];
  /** Asks the source itself what it was asked; without it the readers count. */
  readonly traffic?: () => Promise<Traffic>;
}

export interface TourOptions {
  /** An empty directory for caches that nobody needs later. */
  readonly directory: string;
  /** The cache of all rows but the last; default: below `directory`. */
  readonly cache?: string | undefined;
  readonly maxBytes: string;
  /** Called as readings are done. */
  readonly onProgress?: (row: string, done: number, of: number) => void;
  /** Called with each row when it is complete. */
  readonly onRow?: (row: Row) => Promise<void> | void;
}

/** One way of reading everything. */
export interface Row extends Traffic {
  readonly name: string;
  /** Until the last process had read everything. */
  readonly seconds: number;
  /** Share of reads that the cache answered; undefined without a cache. */
  readonly hitRatio: number | undefined;
  /** Readings that gave other values than reading directly did, by name. */
  readonly differing: readonly string[];
}

/** Reads everything directly, then through a cache that is cold, warm, opened by another process, and shared by several. */
export async function takeTour(subject: Subject, options: TourOptions): Promise<Row[]> {
  const { url, readings } = subject;
  const rows: Row[] = [];
  let reference: readonly string[] | undefined;

  const measure = async (name: string, readers: readonly Reader[]): Promise<void> => {
    const before = await subject.traffic?.();
    const done = readers.map(() => 0);
    const passes = await Promise.all(
      readers.map((reader, index) =>
        reader.read((count) => {
          done[index] = count;
          options.onProgress?.(name, sum(done), readings.length * readers.length);
        }),
      ),
    );
    const after = await subject.traffic?.();
    reference ??= passes[0]?.hashes ?? [];
    const row = summarize(name, passes, readings, reference, before && after && difference(before, after));
    rows.push(row);
    await options.onRow?.(row);
  };
  const withReaders = async (
    count: number,
    cache: Task["cache"],
    use: (readers: Reader[]) => Promise<void>,
  ) => {
    const task: Task = { url, readings, ...(cache && { cache }) };
    const readers = await Promise.all(Array.from({ length: count }, () => startReader(task)));
    try {
      await use(readers);
    } finally {
      await Promise.all(readers.map((reader) => reader.end()));
    }
  };

  const { maxBytes } = options;
  const cache = { directory: options.cache ?? join(options.directory, "cache"), maxBytes };
  const fresh = { directory: join(options.directory, "shared"), maxBytes };
  await withReaders(1, undefined, (readers) => measure("directly", readers));
  await withReaders(1, cache, async (readers) => {
    await measure("through the cache, first time", readers);
    await measure("again", readers);
  });
  await withReaders(1, cache, (readers) => measure("again, in a new process", readers));
  await withReaders(CROWD, fresh, (readers) => measure(`${CROWD} processes at once, new cache`, readers));
  return rows;
}

function summarize(
  name: string,
  passes: readonly Pass[],
  readings: readonly Reading[],
  reference: readonly string[],
  counted: Traffic | undefined,
): Row {
  const total = (of: "requests" | "bytes" | "lookups" | "hits"): number =>
    sum(passes.map((pass) => pass[of]));
  return {
    name,
    seconds: Math.max(...passes.map((pass) => pass.seconds)),
    requests: counted?.requests ?? total("requests"),
    bytes: counted?.bytes ?? total("bytes"),
    hitRatio: total("lookups") === 0 ? undefined : total("hits") / total("lookups"),
    differing: differingReadings(readings, reference, passes),
  };
}

function difference(before: Traffic, after: Traffic): Traffic {
  return { requests: after.requests - before.requests, bytes: after.bytes - before.bytes };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

import type { RangeQuery } from "zarr-cache";
import { deferred } from "zarr-cache/testing";

/** What the source holds under a key; the bytes follow from it. */
export interface Held {
  readonly version: number;
  readonly size: number;
}

/** What workers may ask of the origin. */
export interface OriginCalls {
  /** One read of the source. */
  read(key: string, range: RangeQuery | undefined): Promise<Held | undefined>;
  /** A write of the source. */
  write(key: string, version: number): void;
  /** A deletion at the source. */
  remove(key: string): void;
  /** A version that was never written, and the size of what is to be written under it. */
  next(key: string): Held;
  /** The version that every read of a key that begins now must at least give. */
  floor(key: string): number;
  /** A worker's `set` has ended: nobody may read an older version from now on. */
  written(key: string, version: number): void;
  /** Something was not as it must be. */
  complain(text: string): void;
}

/** Reads of one key that wait at the origin. */
export interface HeldReads {
  /** Resolves when the first has come. */
  readonly arrived: Promise<void>;
  /** Answers them with what the source held when they came, and holds no more. */
  release(): void;
}

/** The truth: a source in the test's own process that every worker reads, and that counts. */
export interface Origin {
  /** For `startChild`. */
  readonly calls: OriginCalls & Readonly<Record<string, unknown>>;
  readonly values: Map<string, Held>;
  /** Every read that arrived, in order: `/c/0`, `/c/1 16+4000`, `/c/1 -68`. */
  readonly reads: string[];
  readonly complaints: string[];
  /** Writes a new version without telling any cache; returns it. */
  change(key: string): number;
  /** Lets reads of a key wait. */
  hold(key: string): HeldReads;
}

/** How the workers of an origin see it. */
export interface OriginOptions {
  /** Milliseconds for which copies elsewhere may be older than what was written. Default 0. */
  readonly staleness?: number;
}

/** Makes a source of so many values `/c/0`, `/c/1` … of about so many bytes each. */
export function makeOrigin(count: number, bytes: number, options: OriginOptions = {}): Origin {
  const { staleness = 0 } = options;
  const values = new Map<string, Held>();
  // Between a half and one and a half of it: sizes that are all alike hide mistakes of rounding.
  for (let i = 0; i < count; i++)
    values.set(`/c/${i}`, {
      version: 1,
      size: Math.floor(bytes / 2) + ((i * 7919) % Math.max(1, bytes)) + 8,
    });
  const reads: string[] = [];
  const complaints: string[] = [];
  const floors = new Map<string, { readonly version: number; readonly since: number }[]>();
  const holds = new Map<string, { arrived(): void; released: Promise<void> }>();
  let versions = 1;

  const origin: Origin = {
    values,
    reads,
    complaints,
    change(key) {
      const version = ++versions;
      origin.calls.write(key, version);
      return version;
    },
    hold(key) {
      const arrived = deferred<void>();
      const released = deferred<void>();
      holds.set(key, { arrived: () => arrived.resolve(), released: released.promise });
      return {
        arrived: arrived.promise,
        release() {
          holds.delete(key);
          released.resolve();
        },
      };
    },
    calls: {
      async read(key, range) {
        reads.push(readName(key, range));
        const held = values.get(key);
        const hold = holds.get(key);
        hold?.arrived();
        await hold?.released;
        return held;
      },
      write(key, version) {
        const { size = 1000 } = values.get(key) ?? {};
        values.set(key, { version, size });
      },
      remove: (key) => void values.delete(key),
      next: (key) => ({ version: ++versions, size: values.get(key)?.size ?? 1000 }),
      floor(key) {
        const now = performance.now();
        return floors.get(key)?.findLast(({ since }) => since <= now)?.version ?? 0;
      },
      written(key, version) {
        floors.set(key, [...(floors.get(key) ?? []), { version, since: performance.now() + staleness }]);
      },
      complain: (text) => void complaints.push(text),
    },
  };
  return origin;
}

/** Names a read as {@link Origin.reads} does. */
export function readName(key: string, range?: RangeQuery): string {
  if (range === undefined) return key;
  return "suffixLength" in range ? `${key} -${range.suffixLength}` : `${key} ${range.offset}+${range.length}`;
}

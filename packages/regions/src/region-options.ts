import type { Clock, Timers } from "zarr-cache";
import { InvalidArgumentError } from "./errors.ts";
import type { NatsAddress } from "./link.ts";
import type { LogLimits } from "./log/own-log.ts";
import { assertName, LOG_KINDS, type LogKind } from "./names.ts";

/** How a process takes part in a region. */
export interface RegionOptions {
  /** The name of the region, one for each JetStream domain: 1 to 32 of a–z, 0–9 and -. */
  readonly region: string;
  /** The NATS server of this region: `"nats://host:port"`, options of a connection, or a connection. */
  readonly nats: NatsAddress;
  /** Tells caches apart that share the servers. Default `"zarr-cache"`. */
  readonly namespace?: string;
  /** Where other regions fetch bytes from this process, by HTTP, such as `"http://10.0.0.7:8080/api/v1/regions"`. */
  readonly url?: string;
  /** Milliseconds between two words of a member; three missed ones and it counts as gone. Default 2 000. */
  readonly heartbeat?: number;
  /** Milliseconds that the region's own server may take to answer. Default 2 000. */
  readonly deadline?: number;
  /**
   * How large the region's own logs may become, in bytes, and how long they last, in milliseconds (0: for ever).
   * Default: documents without bounds, parts 256 MB, drops 64 MB and seven days.
   */
  readonly limits?: Readonly<Partial<Record<LogKind, Partial<LogLimits>>>>;
  readonly clock?: Clock;
  readonly timers?: Timers;
}

export interface RegionSettings {
  readonly region: string;
  readonly nats: NatsAddress;
  readonly namespace: string;
  readonly url: string | undefined;
  readonly heartbeat: number;
  readonly deadline: number;
  readonly limits: Readonly<Record<LogKind, LogLimits>>;
  readonly clock: Clock;
  readonly timers: Timers;
}

const NAMES: Readonly<Record<keyof RegionOptions, true>> = {
  region: true,
  nats: true,
  namespace: true,
  url: true,
  heartbeat: true,
  deadline: true,
  limits: true,
  clock: true,
  timers: true,
};

/** The names of {@link RegionOptions}. */
export const REGION_OPTIONS = Object.keys(NAMES) as readonly (keyof RegionOptions)[];

const DEFAULT_LIMITS: Readonly<Record<LogKind, LogLimits>> = {
  documents: { maxBytes: -1, maxAge: 0, replicas: 1 },
  parts: { maxBytes: 256e6, maxAge: 0, replicas: 1 },
  drops: { maxBytes: 64e6, maxAge: 7 * 864e5, replicas: 1 },
};

/** Below this a log could not hold a day of anything. */
const LEAST_BYTES = 1_000_000;

/** The timers of the platform; those of upkeep do not keep a process alive. */
const platformTimers: Timers = {
  set(callback, milliseconds, options) {
    const timer = setTimeout(callback, milliseconds);
    if (options?.background) timer.unref();
    return timer;
  },
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Checks the options and fills in what is left out; throws `InvalidArgumentError` naming what is wrong. */
export function parseRegionOptions(options: RegionOptions): RegionSettings {
  assertOptions("options", options, REGION_OPTIONS);
  const { region, nats, namespace = "zarr-cache", url, heartbeat = 2000, deadline = 2000 } = options;
  assertName("region", region);
  assertName("namespace", namespace);
  if (url !== undefined && !/^https?:$/.test(protocolOf(url)))
    throw new InvalidArgumentError("url", url, 'an address such as "http://10.0.0.7:8080/api/v1/regions"');
  for (const [name, value] of Object.entries({ heartbeat, deadline }))
    if (!Number.isFinite(value) || value < 10)
      throw new InvalidArgumentError(name, value, "milliseconds ≥ 10");
  return {
    region,
    nats,
    namespace,
    url,
    heartbeat,
    deadline,
    limits: parseLimits(options.limits ?? {}),
    clock: options.clock ?? Date.now,
    timers: options.timers ?? platformTimers,
  };
}

/** Throws `InvalidArgumentError` unless `options` is an object with no other names than the known ones. */
export function assertOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError(owner, options, `an object with ${known.join(", ")}`);
  for (const [name, value] of Object.entries(options))
    if (!known.includes(name)) throw new InvalidArgumentError(`${owner}.${name}`, value, known.join(", "));
}

function parseLimits(given: NonNullable<RegionOptions["limits"]>): Record<LogKind, LogLimits> {
  assertOptions("limits", given, LOG_KINDS);
  const limits: Record<LogKind, LogLimits> = { ...DEFAULT_LIMITS };
  for (const kind of LOG_KINDS) {
    const own = given[kind] ?? {};
    assertOptions(`limits.${kind}`, own, ["maxBytes", "maxAge", "replicas"]);
    const { maxBytes, maxAge, replicas } = { ...DEFAULT_LIMITS[kind], ...own };
    if (!Number.isSafeInteger(maxBytes) || (maxBytes !== -1 && maxBytes < LEAST_BYTES))
      throw new InvalidArgumentError(
        `limits.${kind}.maxBytes`,
        maxBytes,
        `bytes ≥ ${LEAST_BYTES}, or -1 for no bound`,
      );
    if (!Number.isSafeInteger(maxAge) || maxAge < 0)
      throw new InvalidArgumentError(`limits.${kind}.maxAge`, maxAge, "milliseconds, or 0 for ever");
    if (![1, 3, 5].includes(replicas))
      throw new InvalidArgumentError(
        `limits.${kind}.replicas`,
        replicas,
        "1, 3 or 5 servers of the region's NATS cluster",
      );
    limits[kind] = { maxBytes, maxAge, replicas };
  }
  return limits;
}

function protocolOf(url: unknown): string {
  try {
    return new URL(url as string).protocol;
  } catch {
    return "";
  }
}

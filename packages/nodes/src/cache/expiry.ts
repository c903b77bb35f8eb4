import { InvalidArgumentError } from "@zarr-cache/arrays";
import { lengthOf, parseTimeStep } from "@zarr-cache/arrays/parts";
import type { Node } from "../node/node.ts";
import type { Session } from "../node/session.ts";
import { versionBelow } from "../node/versions.ts";

/**
 * When something ends: so many milliseconds from now, a duration `"90s"`, `"5m"`, `"1d"`, a step `"1,D"` (also back in
 * time), a `Date`, or an ISO date.
 */
export type Expires = number | string | Date;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  min: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
};

/** Milliseconds from now until something ends; negative where it has ended. */
export function remaining(expires: Expires, now: number): number {
  if (typeof expires === "number" && !Number.isNaN(expires)) return expires;
  if (expires instanceof Date && !Number.isNaN(expires.getTime())) return expires.getTime() - now;
  if (typeof expires === "string") {
    const duration = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d|w)\s*$/.exec(expires);
    if (duration) return Number(duration[1]) * (UNITS[duration[2] as string] as number);
    if (expires.includes(",")) return lengthOf(parseTimeStep(expires));
    const date = Date.parse(expires);
    if (!Number.isNaN(date)) return date - now;
  }
  throw new InvalidArgumentError("expires", expires, 'milliseconds, "5m", "1,D", a Date or an ISO date');
}

/** When the outputs of a node end, on the storage's clock: by its own declaration, or with the first of its sources. */
export async function expiryOf(
  node: Node,
  storageNow: number,
  session: Pick<Session, "versions">,
  now: () => number = Date.now,
): Promise<number> {
  const version = await versionBelow(node, session);
  const sources = version?.expiresAt === undefined ? Number.POSITIVE_INFINITY : version.expiresAt - now();
  const declared = [...node.pipeline.values()].map(({ expires }) =>
    expires === undefined ? Number.POSITIVE_INFINITY : remaining(expires, now()),
  );
  return storageNow + Math.min(sources, ...declared);
}

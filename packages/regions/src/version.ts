import { InvalidArgumentError } from "./errors.ts";

/** Names one operation and puts it in order with all others, the same in every region. */
export interface Version {
  /** A stamp of the hybrid clock of the region that wrote. */
  readonly clock: number;
  readonly region: string;
}

/** Positive where `a` is the later one: by clock, and by the name of the region where the clocks are equal. */
export function compareVersions(a: Version, b: Version): number {
  if (a.clock !== b.clock) return a.clock - b.clock;
  return a.region < b.region ? -1 : a.region > b.region ? 1 : 0;
}

/** One text for a version, such as `"1843…512@fra"`. */
export function formatVersion({ clock, region }: Version): string {
  return `${clock}@${region}`;
}

/** Reads what {@link formatVersion} wrote; throws `InvalidArgumentError` for anything else. */
export function parseVersion(text: string): Version {
  const [, clock, region] = /^(\d{1,16})@([a-z0-9-]+)$/.exec(text) ?? [];
  if (clock === undefined || region === undefined || !Number.isSafeInteger(Number(clock)))
    throw new InvalidArgumentError("version", text, 'a version as it was given, such as "1870000000000@fra"');
  return { clock: Number(clock), region };
}

import type { Timers } from "zarr-cache";
import { InvalidArgumentError, VersionNotReachedError } from "../errors.ts";
import type { Heard } from "../log/log-set.ts";
import { compareVersions, formatVersion, parseVersion } from "../version.ts";
import type { DocumentOperation } from "./document.ts";
import type { GetOptions } from "./document-options.ts";

const DEFAULT_TIMEOUT = 5000;

/** Milliseconds between two looks for a version that is not here yet: the first, and at most. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 250;

/**
 * The latest operation on a key that is here, waiting for a version where one was asked for. Rejects with
 * `VersionNotReachedError` where that does not come in time.
 */
export async function latestOf(
  key: string,
  lookUp: () => Promise<readonly Heard<DocumentOperation>[]>,
  { minVersion, timeout = DEFAULT_TIMEOUT }: GetOptions,
  timers: Timers,
): Promise<Heard<DocumentOperation> | undefined> {
  if (!Number.isFinite(timeout) || timeout < 0)
    throw new InvalidArgumentError("timeout", timeout, "milliseconds ≥ 0");
  if (minVersion === undefined) return (await lookUp())[0];
  const wanted = parseVersion(minVersion);
  let waited = 0;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const [latest] = await lookUp();
    if (latest !== undefined && compareVersions(latest.operation, wanted) >= 0) return latest;
    const found = latest && formatVersion(latest.operation);
    if (waited >= timeout) throw new VersionNotReachedError(key, minVersion, found, timeout);
    const step = Math.min(pause, timeout - waited);
    await new Promise<void>((resolve) => void timers.set(resolve, step));
    waited += step;
  }
}

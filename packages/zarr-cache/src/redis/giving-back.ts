import type { Timers } from "../clock.ts";
import { isZarrCacheError } from "../errors.ts";

const FIRST_PAUSE = 100;

/**
 * Gives back a claim of which it is not known whether it was granted, since the answer was not heard in time: nobody
 * fills it, and others would wait for it until it is dead. Tried until Redis has said that it is done, or the claim is
 * dead anyway. Never rejects.
 */
export async function giveBack(
  release: () => PromiseLike<unknown>,
  lockAge: number,
  timers: Timers,
): Promise<void> {
  for (let pause = FIRST_PAUSE; pause < lockAge; pause *= 2) {
    try {
      await release();
      return;
    } catch (error) {
      if (isZarrCacheError(error, "ClosedError")) return;
    }
    await new Promise<void>((resolve) => {
      timers.set(resolve, pause, { background: true });
    });
  }
}

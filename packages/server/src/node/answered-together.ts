import { AsyncResource } from "node:async_hooks";

/**
 * Has what comes in one turn of the event loop answered at its end, one right after the other.
 *
 * Requests over several connections arrive together. Answered so, they ask once for all what other processes have
 * invalidated, since each of them was there before that was asked; and the processor goes through the code of an answer again
 * while it still has it at hand, which takes half as long as between other work.
 *
 * While requests come, they keep their place before others who wait for the end of a turn, such as what misses have made
 * possible, which goes on in slices of milliseconds there.
 *
 * Each is answered as a part of what asked for it, such as a span of a tracer, and not of what asked first.
 */
export function answeredTogether<Asking extends unknown[]>(
  answer: (...asking: Asking) => void,
): (...asking: Asking) => void {
  let waiting: { readonly asking: Asking; readonly scope: AsyncResource }[] = [];
  let end: NodeJS.Immediate | undefined;
  const answerAll = () => {
    const together = waiting;
    waiting = [];
    // Nothing waits yet for which the loop would have to go on.
    end = together.length === 0 ? undefined : setImmediate(answerAll).unref();
    for (const { asking, scope } of together) scope.runInAsyncScope(answer, undefined, ...asking);
  };
  return (...asking) => {
    if (waiting.push({ asking, scope: new AsyncResource("Asking") }) === 1)
      end = end?.ref() ?? setImmediate(answerAll);
  };
}

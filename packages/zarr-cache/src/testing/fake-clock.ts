import type { Clock, Timers } from "../clock.ts";

/** A clock that a test moves, with timers that go off when it passes them. */
export interface FakeClock {
  /** Milliseconds, as the test set them. Can be handed on as a {@link Clock} by itself. */
  readonly now: Clock;
  /** Timers on this clock. */
  readonly timers: Timers;
  /** Moves the clock and calls back every timer that falls due, in order of its time, each at its own moment. */
  advance(milliseconds: number): void;
  /** Puts the clock to a moment, also an earlier one, without calling any timer back. */
  set(moment: number): void;
  /** How many timers wait. */
  readonly pending: number;
}

/** Makes a clock that stands still until it is told to move. */
export function fakeClock(start = 1_700_000_000_000): FakeClock {
  let moment = start;
  let made = 0;
  const waiting = new Map<number, { readonly due: number; readonly callback: () => void }>();

  const nextDue = (until: number) => {
    let first: { id: number; due: number; callback: () => void } | undefined;
    for (const [id, { due, callback }] of waiting)
      if (due <= until && (first === undefined || due < first.due)) first = { id, due, callback };
    return first;
  };

  return {
    now: () => moment,
    timers: {
      set(callback, milliseconds) {
        made += 1;
        waiting.set(made, { due: moment + Math.max(0, milliseconds), callback });
        return made;
      },
      clear: (timer) => {
        waiting.delete(timer as number);
      },
    },
    advance(milliseconds) {
      const until = moment + milliseconds;
      for (let next = nextDue(until); next !== undefined; next = nextDue(until)) {
        waiting.delete(next.id);
        moment = Math.max(moment, next.due);
        next.callback();
      }
      moment = until;
    },
    set(to) {
      moment = to;
    },
    get pending() {
      return waiting.size;
    },
  };
}

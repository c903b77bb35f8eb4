import { describe, expect, it } from "vitest";
import { fakeClock } from "../../src/testing/index.ts";

describe("fakeClock", () => {
  it("stands still until it is moved", () => {
    const clock = fakeClock(100);
    expect([clock.now(), clock.now()]).toEqual([100, 100]);
    clock.advance(5);
    expect(clock.now()).toBe(105);
    clock.set(7);
    expect(clock.now()).toBe(7);
  });

  it("calls timers back in the order of their time, each at its own moment", () => {
    const clock = fakeClock(0);
    const seen: string[] = [];
    clock.timers.set(() => seen.push(`late ${clock.now()}`), 20);
    clock.timers.set(() => seen.push(`early ${clock.now()}`), 10);
    clock.timers.set(() => seen.push(`early too ${clock.now()}`), 10);
    clock.timers.set(() => seen.push("beyond"), 31);
    clock.advance(30);
    expect(seen).toEqual(["early 10", "early too 10", "late 20"]);
    expect([clock.now(), clock.pending]).toEqual([30, 1]);
  });

  it("calls back a timer that another one set, if it falls due on the way", () => {
    const clock = fakeClock(0);
    const seen: number[] = [];
    const again = () => {
      seen.push(clock.now());
      if (seen.length < 5) clock.timers.set(again, 10);
    };
    clock.timers.set(again, 10);
    clock.advance(35);
    expect(seen).toEqual([10, 20, 30]);
  });

  it("forgets a timer that is cleared, and takes any other for none", () => {
    const clock = fakeClock(0);
    const timer = clock.timers.set(() => expect.unreachable(), 10);
    clock.timers.clear(timer);
    clock.timers.clear(undefined);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });
});

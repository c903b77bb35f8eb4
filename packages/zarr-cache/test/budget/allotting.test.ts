import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allot, fairShare, type Holding } from "../../src/budget/allotting.ts";

const LEASE = 1000;
const living = (limit: number, wanted: number): Holding => ({ limit, wanted, seenAt: 0 });
const view = (maxBytes: number, others: readonly Holding[], now = 0) => ({
  maxBytes,
  leaseAge: LEASE,
  now,
  others,
});

describe("allot", () => {
  it("gives what is wanted while there is enough for all", () => {
    expect(allot(view(100, [living(30, 40)]), { limit: 10, wanted: 60 })).toEqual({ limit: 60, target: 60 });
  });

  it("takes nothing from a holder that wants less while nobody is short", () => {
    expect(allot(view(100, [living(30, 40)]), { limit: 50, wanted: 10 })).toEqual({ limit: 50, target: 50 });
  });

  it("gives no more than what nobody holds", () => {
    expect(allot(view(100, [living(90, 100)]), { limit: 0, wanted: 100 })).toEqual({ limit: 10, target: 10 });
  });

  it("asks a holder of more than its part to come down to it", () => {
    expect(allot(view(100, [living(10, 100)]), { limit: 90, wanted: 100 })).toEqual({
      limit: 90,
      target: 50,
    });
  });

  it("leaves to a holder of few bytes what it uses, and shares the rest", () => {
    expect(allot(view(100, [living(10, 10), living(0, 100)]), { limit: 90, wanted: 100 })).toEqual({
      limit: 90,
      target: 45,
    });
  });

  it("counts a holder that was not heard of for longer than the lease as dead", () => {
    expect(allot(view(100, [living(90, 100)], LEASE + 1), { limit: 0, wanted: 100 })).toEqual({
      limit: 100,
      target: 100,
    });
  });

  it("brings a holder that returns too late down to what is left for it", () => {
    expect(allot(view(100, [living(100, 100)]), { limit: 100, wanted: 100 })).toEqual({
      limit: 100,
      target: 50,
    });
  });

  it("never lets the limits add up to more than the budget, and ends with fair shares", () => {
    const step = fc.record({ who: fc.nat(4), wanted: fc.nat(150) });
    void fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const holders = new Map<number, Holding>();
        const settle = (who: number, wanted: number) => {
          const others = [...holders].filter(([name]) => name !== who).map(([, holding]) => holding);
          const { target } = allot(view(100, others), { limit: holders.get(who)?.limit ?? 0, wanted });
          // A holder that was asked to come down does so, and says so; then the rest is free.
          const answer = allot(view(100, others), { limit: target, wanted });
          holders.set(who, living(answer.limit, wanted));
          const sum = [...holders.values()].reduce((total, { limit }) => total + limit, 0);
          expect(sum).toBeLessThanOrEqual(100);
        };
        for (const { who, wanted } of steps) settle(who, wanted);
        for (let round = 0; round < 2; round++)
          for (const [who, { wanted }] of [...holders]) settle(who, wanted);
        const all = [...holders.values()];
        for (const [at, { limit, wanted }] of all.entries()) {
          const demands = all.filter((_, other) => other !== at).map((other) => other.wanted);
          expect(limit).toBeGreaterThanOrEqual(Math.min(wanted, fairShare(100, wanted, demands)));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("fairShare", () => {
  it("lets everybody have the same of what is scarce, whatever the order", () => {
    void fc.assert(
      fc.property(fc.nat(1000), fc.array(fc.nat(500), { minLength: 1, maxLength: 8 }), (total, demands) => {
        const shares = demands.map((own, at) =>
          fairShare(
            total,
            own,
            demands.filter((_, other) => other !== at),
          ),
        );
        const sum = shares.reduce((all, share) => all + share, 0);
        expect(sum).toBeLessThanOrEqual(total);
        const demanded = demands.reduce((all, demand) => all + demand, 0);
        expect(sum).toBeGreaterThanOrEqual(Math.min(total, demanded) - demands.length);
        const most = Math.max(...shares);
        for (const [at, share] of shares.entries())
          if (share < (demands[at] as number)) expect(share).toBeGreaterThanOrEqual(most - 1);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { AWS_PRICES, FunctionSource, resource } from "../src/index.ts";
import { grid, memoryStorage } from "./support/example.ts";

describe("estimate", () => {
  const lats = (size: number) => grid({ lat: { start: 0, step: 1, size } });

  it("takes chunks × measured time, the share already cached, and itemises the cost", async () => {
    let clock = 0;
    const fn = resource("half a millisecond a point", ({ size }: { readonly size: number }) => {
      clock += size / 2;
      return new Float64Array(size);
    });
    const node = new FunctionSource(
      { fn, dims: ["lat"] },
      { cache: memoryStorage(), monotonic: () => clock },
    );
    const first = await node.estimate(lats(1_000_000));
    expect(first).toEqual({ points: 1_000_000, chunks: 4, cached: 0, seconds: 500 });
    await node.eval(lats(500_000));
    const { cached, seconds, cost } = await node.estimate(lats(1_000_000), AWS_PRICES);
    expect([cached, seconds]).toEqual([0.5, 250]);
    expect(cost).toMatchObject({
      currency: "USD",
      compute: { amount: 500, unit: "GB s", cost: 500 * AWS_PRICES.computeGbSecond },
      requests: { amount: 2 },
      objectGets: { amount: 2 },
      objectPuts: { amount: 2, cost: 2 * AWS_PRICES.objectPut },
      egress: { amount: 0.008, unit: "GB" },
    });
    const items = Object.values(Object(cost)).map((item) => Object(item).cost ?? 0);
    expect(cost?.total).toBeCloseTo(
      items.reduce((a: number, b: number) => a + b, 0),
      12,
    );
    expect((await node.estimate(lats(400_000))).seconds).toBe(0);
  });

  it("has prices with their place and date", () => {
    expect(AWS_PRICES.of).toMatch(/us-east-1.*20\d\d/);
  });
});

import { describe, expect, it } from "vitest";
import { Arithmetic } from "../src/index.ts";
import { grid, nested, source } from "./support/example.ts";

describe("Arithmetic", () => {
  const pair = () => source([1, 2], { lat: [0, 1] });
  const at = grid({ lat: [0, 1] });

  it("14: works an expression out", async () => {
    const node = new Arithmetic({
      eqn: "2*abs(A)-B+offset",
      operands: { A: pair(), B: pair() },
      constants: { offset: 1 },
    });
    expect(nested(await node.eval(at))).toEqual([2, 3]);
    expect(nested(await node.eval(at, { params: { Arithmetic: { offset: 10 } } }))).toEqual([11, 12]);
  });

  it.each([
    ["1 + 2 * 3 ** 2 / 2 - -A", [11, 12]],
    ["-A ** 2", [-1, -4]],
    ["2 ** -A", [0.5, 0.25]],
    ["(A > 1) + (2 >= A) * 10 + (A != 2) * 100", [110, 11]],
    ["min(A, 1.5, 7) + max(1.5, A)", [2.5, 3.5]],
    ["where(A == 1, B * 2, 0 - B)", [6, -4]],
    ["sqrt(A ** 2) + exp(0) + log(1)", [2, 3]],
    ["6 / A - 1", [5, 2]],
    ["10 - A", [9, 8]],
    ["1.5e1 + .5", [15.5, 15.5]],
  ])("%s", async (eqn, expected) => {
    const node = new Arithmetic({ eqn, operands: { A: pair(), B: source([3, 4], { lat: [0, 1] }) } });
    const found = nested(await node.eval(at)) as number[];
    for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index] as number, 12);
  });

  it("reckons with units", async () => {
    const metres = source([1000, 2000], { lat: [0, 1] }, { units: "m" });
    const kilometres = source([1, 3], { lat: [0, 1] }, { units: "km" });
    const out = async (eqn: string) =>
      new Arithmetic({ eqn, operands: { M: metres, K: kilometres } }).eval(at);
    expect([nested(await out("M + K")), (await out("M + K")).units]).toEqual([[2000, 5000], "m"]);
    expect((await out("M * K")).units).toBe("m km");
    expect((await out("1 / M")).units).toBe("m-1");
    expect([nested(await out("max(M, K)")), (await out("max(M, K)")).units]).toEqual([[1000, 3000], "m"]);
    expect(nested(await out("exp(M / K / 1000 * 0)"))).toEqual([1, 1]);
    await expect(out("exp(M)")).rejects.toThrow(/"m" cannot be converted/);
    await expect(out("M + M * K")).rejects.toThrow(/cannot be converted/);
  });

  it.each([
    "",
    "1 +",
    "A B",
    "f(A)",
    "A.constructor",
    "A[0]",
    "A = 1",
    "`x`",
    "constructor(A)",
    "min(A)",
    "((A)",
    "1e400x",
    "A;B",
  ])("refuses %j, and evaluates no code", (eqn) => {
    expect(() => new Arithmetic({ eqn, operands: { A: pair(), B: pair() } })).toThrow(/attribute "eqn"/);
  });

  it("names what is unknown, and refuses what is nested too deep", () => {
    expect(() => new Arithmetic({ eqn: "A + C", operands: { A: pair() } })).toThrow(/names C; there are A/);
    expect(() => new Arithmetic({ eqn: "toString + A", operands: { A: pair() } })).toThrow(/names toString/);
    expect(
      () => new Arithmetic({ eqn: `${"(".repeat(1000)}A${")".repeat(1000)}`, operands: { A: pair() } }),
    ).toThrow(/deeper/);
  });
});

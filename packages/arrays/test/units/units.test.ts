import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conversion, divideUnits, multiplyUnits, powerOfUnits } from "../../src/units/unit.ts";

const convert = (value: number, from: string, to: string) => {
  const { scale, offset } = conversion(from, to);
  return value * scale + offset;
};

describe("CF units", () => {
  it.each([
    ["kg m-2", "g/m^2", 1000],
    ["W m-2", "J s-1 m**-2", 1],
    ["mm/day", "m s-1", 1 / 86400000],
    ["%", "1", 0.01],
    ["ppm", "%", 1e-4],
    ["degrees_north", "degrees_east", 1],
    ["m**2 s**-2", "J kg-1", 1],
    ["M/S", "km/h", 3.6],
    ["G/KG", "1", 1e-3],
    ["MB", "Pa", 100],
    ["millibars", "hPa", 1],
    ["J/(kg K)", "m2 s-2 K-1", 1],
    ["1e-3 kg", "g", 1],
    ["mol mol-1", "1", 1],
    ["knots", "m.s-1", 1852 / 3600],
    ["mile", "m", 1609.344],
    ["ft", "m", 0.3048],
    ["g/kg", "kg kg**-1", 1e-3],
    ["K/km", "K m-1", 1e-3],
    ["W m\u207b\u00b2", "W m-2", 1],
    ["m\u00b2/s\u00b2", "J kg-1", 1],
    ["\u03bcg m-3", "\u00b5g m-3", 1],
    ["microns", "um", 1],
    ["kilometres", "metre", 1000],
    ["hectopascals", "mb", 1],
    ["hectare", "m2", 1e4],
  ])("1 %s in %s is %d", (from, to, expected) => {
    expect(convert(1, from, to)).toBeCloseTo(expected, 12);
    expect(convert(1, from, to) / expected).toBeCloseTo(1, 12);
  });

  it("adds the offset of a temperature", () => {
    expect(convert(10, "degC", "K")).toBe(283.15);
    expect(convert(10, "Deg C", "K")).toBe(283.15);
    expect(convert(50, "degF", "degC")).toBeCloseTo(10, 10);
  });

  it("refuses other dimensions and unknown names", () => {
    expect(() => convert(1, "m", "K")).toThrow(/"m" cannot be converted to "K"/);
    expect(() => conversion(undefined, "m")).toThrow(/no unit cannot be converted to "m"/);
    expect(() => convert(1, "parrots", "m")).toThrow(/"parrots" is no unit/);
    expect(() => convert(1, "constructor", "m")).toThrow(/"constructor" is no unit/);
    expect(() => convert(1, "m ~", "m")).toThrow(/cannot be read from "~"/);
    expect(convert(1, "parrots", "parrots")).toBe(1);
  });

  it("multiplies, divides and raises", () => {
    expect(multiplyUnits("m", "s-1")).toBe("m s-1");
    expect(multiplyUnits("m s-1", "s")).toBe("m");
    expect(divideUnits("m", "m")).toBeUndefined();
    expect(divideUnits("J", "kg K")).toBe("J kg-1 K-1");
    expect(powerOfUnits("m s-1", 2)).toBe("m2 s-2");
    expect(powerOfUnits("m", 0.5)).toBe("m^0.5");
    expect(powerOfUnits("m^0.5", 2)).toBe("m");
  });

  it("converts forth and back", () => {
    const groups = [
      ["m", "km", "inch", "ft", "mile", "mm"],
      ["degC", "K", "degF"],
      ["Pa", "hPa", "mbar", "bar"],
      ["kg m-2 s-1", "mm g cm-3 h-1", "g m-2 day-1"],
    ];
    const pair = fc
      .constantFrom(...groups)
      .chain((group) => fc.tuple(fc.constantFrom(...group), fc.constantFrom(...group)));
    fc.assert(
      fc.property(pair, fc.double({ min: -1e6, max: 1e6, noNaN: true }), ([from, to], value) => {
        const back = convert(convert(value, from, to), to, from);
        expect(Math.abs(back - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
      }),
    );
  });
});

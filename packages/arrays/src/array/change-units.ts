import { type ArrayUnits, collapseUnits, isPerBand, singleUnits, unitsOfBand } from "../units/band-units.ts";
import { conversion, powerOfUnits } from "../units/unit.ts";
import { BAND, type Labelled } from "./labelled.ts";
import { eachRow, inOrder, type NumericData, ordered, stridesOf } from "./strided.ts";

/** Applies a function to each value: float32 stays float32, all else is float64. */
export function mapped({ values }: Pick<Labelled, "values">, change: (value: number) => number): NumericData {
  const source = ordered(values);
  const data =
    source instanceof Float32Array ? new Float32Array(source.length) : new Float64Array(source.length);
  for (let at = 0; at < source.length; at++) data[at] = change(source[at] as number);
  return data;
}

/** Values in another unit; of bands with units of their own, in one for all or in the map of their names. */
export function convertedTo(array: Labelled, units: ArrayUnits): Pick<Labelled, "values" | "units"> {
  const { bands, dims } = array;
  const shape = [...array.values.shape];
  if (!bands || (!isPerBand(array.units) && !isPerBand(units))) {
    const { scale, offset } = conversion(singleUnits(array.units, "to"), singleUnits(units, "to"));
    return {
      values: inOrder(
        mapped(array, (value) => value * scale + offset),
        shape,
      ),
      units,
    };
  }
  const changes = bands.map((band) => conversion(unitsOfBand(array.units, band), unitsOfBand(units, band)));
  const data = Float64Array.from(ordered(array.values));
  const at = dims.indexOf(BAND);
  const stride = stridesOf(shape);
  for (const [band, { scale, offset }] of changes.entries())
    eachRow(
      shape.toSpliced(at, 1, 1),
      [stride],
      [band * (stride[at] as number)],
      (length, [start], [step]) => {
        for (let i = 0, p = start as number; i < length; i++, p += step as number)
          data[p] = (data[p] as number) * scale + offset;
      },
    );
  const converted = bands.map((band) => unitsOfBand(units, band));
  return { values: inOrder(data, shape), units: collapseUnits(bands, converted) };
}

/** The unit to a power, of each band its own. */
export function raisedUnits(units: ArrayUnits, power: number): ArrayUnits {
  if (!isPerBand(units)) return powerOfUnits(units, power);
  return Object.fromEntries(
    Object.entries(units).map(([band, unit]) => [band, powerOfUnits(unit, power) ?? "1"]),
  );
}

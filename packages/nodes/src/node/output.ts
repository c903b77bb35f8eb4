import { CoordinateError, UnitsDataArray } from "@zarr-cache/arrays";
import { crsFacts, eachRow, stridesOf } from "@zarr-cache/arrays/parts";
import { atLabels } from "../interpolation/at-labels.ts";

/** Throws unless `output` is an array for this answer: its dimensions in order, labels, CRS, bands and units. */
export function assertOutputFits(output: UnitsDataArray, expected: UnitsDataArray): void {
  if (!(output instanceof UnitsDataArray)) throw new CoordinateError("output must be a UnitsDataArray");
  if (output.dims.join() !== expected.dims.join())
    throw new CoordinateError(
      `output has the dims ${output.dims.join(", ")}; expected are ${expected.dims.join(", ")}`,
    );
  if (crsFacts(output.coordinates.crs).name !== crsFacts(expected.coordinates.crs).name)
    throw new CoordinateError(
      `output has the CRS ${output.coordinates.crs}; expected is ${expected.coordinates.crs}`,
    );
  if (!output.coordinates.equals(expected.coordinates))
    throw new CoordinateError("output has other labels than the requested coordinates");
  if (output.bands?.join("\n") !== expected.bands?.join("\n"))
    throw new CoordinateError(
      `output has the bands ${output.bands?.join(", ") ?? "none"}; expected are ${expected.bands?.join(", ") ?? "none"}`,
    );
  if (JSON.stringify(output.units) !== JSON.stringify(expected.units))
    throw new CoordinateError(
      `output has the units ${JSON.stringify(output.units) ?? "none"}; expected are ${JSON.stringify(expected.units) ?? "none"}`,
    );
}

/** Fills an array in place: by label, with NaN where the result has none. */
export async function fillOutput(output: UnitsDataArray, result: UnitsDataArray): Promise<void> {
  const { data, shape, stride, offset } = output.values;
  const filled = await atLabels(result, output.coordinates);
  const values = filled.transpose(...output.dims).toTypedArray();
  eachRow(shape, [stride, stridesOf(shape)], [offset, 0], (length, [to, from], [step, next]) => {
    for (let at = 0; at < length; at++)
      data[(to as number) + at * (step as number)] = values[
        (from as number) + at * (next as number)
      ] as number;
  });
}

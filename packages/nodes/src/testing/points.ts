import type { UnitsDataArray } from "@zarr-cache/arrays";
import { sizeOf } from "@zarr-cache/arrays/parts";

/** Every value of an array with the labels of its point, whatever they are stacked with; labels in the order of their names. */
export function* pointsOf(array: UnitsDataArray): Generator<[point: string, value: number]> {
  const { parts } = array.coordinates;
  const bands = array.bands ?? [""];
  const sizes = parts.map((part) => sizeOf(part.shape));
  const values = array.transpose(...array.coordinates.dims, ...(array.bands ? ["band"] : [])).toTypedArray();
  for (let at = 0; at < values.length; at++) {
    let rest = Math.floor(at / bands.length);
    const labels: string[] = [];
    for (let part = parts.length - 1; part >= 0; part--) {
      const place = rest % (sizes[part] as number);
      rest = Math.floor(rest / (sizes[part] as number));
      for (const [column, name] of (parts[part]?.names ?? []).entries())
        labels.push(`${name}=${parts[part]?.columns[column]?.values[place]}`);
    }
    yield [[...labels.sort(), bands[at % bands.length]].join(" "), values[at] as number];
  }
}

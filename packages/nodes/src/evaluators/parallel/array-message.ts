import {
  Coordinates,
  type CoordinatesDefinition,
  type NumericData,
  UnitsDataArray,
} from "@zarr-cache/arrays";

/** An array as it goes from one thread to another: its values are handed over, not copied. */
export interface ArrayMessage extends Pick<UnitsDataArray, "dims" | "bands" | "units" | "name"> {
  readonly labels: CoordinatesDefinition;
  readonly data: NumericData;
}

/**
 * Writes an array without its attributes. The values are a copy, since what computed them may still hold them; in memory that is
 * to spare, where it fits.
 */
export function toMessage(array: UnitsDataArray, spare?: ArrayBuffer): ArrayMessage {
  const { dims, bands, units, name, coordinates } = array;
  const values = array.toTypedArray();
  const labels = coordinates.definition;
  if (spare?.byteLength !== values.byteLength)
    return { dims, bands, units, name, labels, data: values.slice() };
  const data: NumericData = Reflect.construct(values.constructor, [spare]);
  data.set(values);
  return { dims, bands, units, name, labels, data };
}

/** Reads an array; its values are those of the message. */
export function fromMessage({ labels, data, ...options }: ArrayMessage): UnitsDataArray {
  return new UnitsDataArray(data, Coordinates.fromDefinition(labels), options);
}

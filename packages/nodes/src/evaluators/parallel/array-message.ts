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

/** Writes an array without its attributes. The values are a copy, since what computed them may still hold them. */
export function toMessage(array: UnitsDataArray): ArrayMessage {
  const { dims, bands, units, name, coordinates } = array;
  return { dims, bands, units, name, labels: coordinates.definition, data: array.toTypedArray().slice() };
}

/** Reads an array; its values are those of the message. */
export function fromMessage({ labels, data, ...options }: ArrayMessage): UnitsDataArray {
  return new UnitsDataArray(data, Coordinates.fromDefinition(labels), options);
}

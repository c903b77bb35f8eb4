/**
 * How many points a definition of coordinates speaks of, before any of them is made; what is no definition is for whoever reads it.
 * What is empty counts as one, since what is beside it is made all the same.
 */
export function pointsAsked(definition: unknown): number {
  const { coordinates } = Object(definition);
  return Array.isArray(coordinates) ? product(coordinates.map(sizeIn)) : 0;
}

function sizeIn(part: unknown): number {
  const { shape, values, size } = Object(part);
  const isAxis = "name" in Object(part);
  if (!isAxis && Array.isArray(shape)) return product(shape.map(Number));
  return Array.isArray(values) ? values.length : Number(size ?? 1);
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => (each >= 1 ? all * each : all), 1);
}

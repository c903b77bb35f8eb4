import { expect, it } from "vitest";
import * as arrays from "../src/index.ts";

it("exports what is listed, and nothing else", () => {
  expect(Object.keys(arrays).toSorted()).toEqual(
    [
      "ArraysError",
      "CoordinateError",
      "Coordinates",
      "CrsError",
      "DEFAULT_CRS",
      "Dataset",
      "DatasetError",
      "DimensionalityError",
      "ExportError",
      "GroupCoordinates",
      "InvalidArgumentError",
      "LazyArray",
      "UnitsDataArray",
      "UnknownUnitError",
      "WGS84_WITH_HEIGHT",
      "canonicalJson",
      "hashOf",
      "isArraysError",
      "isConvertible",
      "range",
      "registerCrs",
      "registerDimension",
      "registeredDimensions",
      "warm",
      "writeZarr",
    ].toSorted(),
  );
});

import { expect, it } from "vitest";
import { storeNameOf } from "../../src/command/store-name.ts";

it.each([
  ["https://slow.example/era5.zarr", "era5"],
  ["https://slow.example/a/era5.zarr/", "era5"],
  ["https://slow.example/era5.zarr?sig=x/y", "era5"],
  ["https://slow.example/air%20temperature.zarr", "air_temperature"],
  ["s3://bucket/prefix/v1.2", "v1.2"],
  ["s3://bucket", "bucket"],
  ["./data/etopo.zarr", "etopo"],
  ["https://slow.example/", "slow.example"],
  ["../..", "data"],
])("names %s %s", (source, name) => {
  expect(storeNameOf(source)).toBe(name);
});

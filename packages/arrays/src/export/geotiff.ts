import { writeArrayBuffer } from "geotiff";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import type { Axis } from "../coordinates/axis.ts";
import { crsFacts } from "../coordinates/crs.ts";
import { ExportError } from "../errors.ts";
import { isEven, rasterOf } from "./raster.ts";

/**
 * Writes an array over lat and lon as a GeoTIFF of float32 with one sample for each band; NaN is the missing value.
 * Labels must be evenly spaced, and the CRS an EPSG code. Needs the package `geotiff`.
 */
export function toGeoTIFF(array: UnitsDataArray): Uint8Array {
  const { array: raster, y, x, bands } = rasterOf("GeoTIFF", array);
  if (y.name !== "lat" || x.name !== "lon")
    throw new ExportError("GeoTIFF", `needs lat and lon; there are ${array.dims.join(", ")}`);
  const [height, width] = raster.shape as [number, number];
  const [dy, dx] = [spacing("lat", y.axis), spacing("lon", x.axis)];
  const { name, geographic } = crsFacts(array.coordinates.crs);
  const code = /^EPSG:(\d+)$/.exec(name)?.[1];
  if (!code)
    throw new ExportError(
      "GeoTIFF",
      `needs a CRS with an EPSG code; this is ${array.coordinates.crs}. Use transform("EPSG:…")`,
    );
  const samples = bands?.length ?? 1;
  const list = (value: number) => new Array<number>(samples).fill(value);
  const bytes = writeArrayBuffer(Float32Array.from(raster.toTypedArray()), {
    height,
    width,
    SamplesPerPixel: samples,
    BitsPerSample: list(32),
    SampleFormat: list(3),
    PlanarConfiguration: 1,
    PhotometricInterpretation: 1,
    ModelPixelScale: [Math.abs(dx), Math.abs(dy), 0],
    ModelTiepoint: [0, 0, 0, (x.axis.values[0] as number) - dx / 2, (y.axis.values[0] as number) - dy / 2, 0],
    GTModelTypeGeoKey: geographic ? 2 : 1,
    GTRasterTypeGeoKey: 1,
    ...(geographic ? { GeographicTypeGeoKey: Number(code) } : { ProjectedCSTypeGeoKey: Number(code) }),
    GDAL_NODATA: "nan",
  });
  return new Uint8Array(bytes);
}

/** The distance between neighbours, which must be the same. */
function spacing(name: string, axis: Axis): number {
  const { values } = axis;
  const step = ((values[values.length - 1] as number) - (values[0] as number)) / (values.length - 1);
  if (!isEven(axis) || !Number.isFinite(step) || step === 0)
    throw new ExportError("GeoTIFF", `needs evenly spaced labels, at least two; those of ${name} are not`);
  return step;
}

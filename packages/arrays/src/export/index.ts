export { toCSV } from "./csv.ts";
export { toGeoTIFF } from "./geotiff.ts";
export { toNetCDF } from "./netcdf.ts";

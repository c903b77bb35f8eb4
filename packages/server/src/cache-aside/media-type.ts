/** What files are by the end of their names; whatever else is bytes. */
const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv; charset=utf-8",
  geojson: "application/geo+json",
  json: "application/json",
  md: "text/markdown; charset=utf-8",
  nc: "application/netcdf",
  parquet: "application/vnd.apache.parquet",
  png: "image/png",
  tif: "image/tiff",
  tiff: "image/tiff",
  tsv: "text/tab-separated-values; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  xml: "application/xml",
  zarray: "application/json",
  zattrs: "application/json",
  zgroup: "application/json",
  zmetadata: "application/json",
};

/** The media type of an object by its path. Never one that a browser would run. */
export function mediaTypeOf(path: string): string {
  const [, end = ""] = /\.([^./]+)$/.exec(path) ?? [];
  const type = TYPES[end.toLowerCase()];
  return Object.hasOwn(TYPES, end.toLowerCase()) && type !== undefined ? type : "application/octet-stream";
}

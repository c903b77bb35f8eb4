/** The id of a store that is served from a URL: its last segment without `.zarr`, with what no id can have as `_`. */
export function storeNameOf(source: string): string {
  const path = source.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const name = decode(path.slice(path.lastIndexOf("/") + 1)).replace(/\.zarr$/i, "");
  const safe = name
    .replace(/[^A-Za-z0-9._-]+/g, "_")
    .replace(/\.{2,}/g, ".")
    .replace(/^[.-]+/, "")
    .slice(0, 128);
  return safe === "" ? "data" : safe;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

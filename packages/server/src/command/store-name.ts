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

/** Whether a word of the command line is a source rather than the id of a store: an address, or a path. */
export function isSource(word: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(word) || /[/\\~]/.test(word) || word === "." || word === "..";
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

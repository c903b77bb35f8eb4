import { VersionedSource } from "./versioned-source.ts";

const bytes = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));

/** Metadata of an array of four chunks. */
export function arrayDocument(shape = 4): Uint8Array {
  return bytes({ zarr_format: 3, node_type: "array", shape: [shape] });
}

/** Metadata of a group; consolidated where arrays are given. */
export function groupDocument(arrays?: readonly string[]): Uint8Array {
  const metadata = Object.fromEntries((arrays ?? []).map((name) => [name, { node_type: "array" }]));
  return bytes({
    zarr_format: 3,
    node_type: "group",
    ...(arrays && { consolidated_metadata: { kind: "inline", metadata } }),
  });
}

/** A source with two arrays of four chunks each, of version 1; the last chunk of `b` is missing. */
export function twoArrays(group = groupDocument()): VersionedSource {
  const source = new VersionedSource().put("/zarr.json", group);
  for (const array of ["a", "b"]) {
    source.put(`/${array}/zarr.json`, arrayDocument());
    for (let chunk = 0; chunk < (array === "a" ? 4 : 3); chunk++)
      source.put(`/${array}/c/${chunk}`, chunkOf(1, chunk));
  }
  return source;
}

/** What a chunk holds in a version. */
export function chunkOf(version: number, chunk: number): Uint8Array {
  return Uint8Array.of(version, chunk);
}

/** All keys of {@link twoArrays}, metadata first, as a reader of it asks. */
export const KEYS: readonly `/${string}`[] = [
  "/zarr.json",
  ...["a", "b"].flatMap((array) => [
    `/${array}/zarr.json` as const,
    ...[0, 1, 2, 3].map((chunk) => `/${array}/c/${chunk}` as const),
  ]),
];

import { document2, document3, type StoredArray } from "./array-document.ts";

/** The metadata of a group of version 3, the group itself last and with that of all. */
export function documents3(arrays: readonly StoredArray[], attributes: object): [string, object][] {
  const all = arrays.map((array): [string, object] => [array.name, document3(array)]);
  const consolidated_metadata = { kind: "inline", must_understand: false, metadata: Object.fromEntries(all) };
  const group = { zarr_format: 3, node_type: "group", attributes, consolidated_metadata };
  return [
    ...all.map(([name, document]): [string, object] => [`${name}/zarr.json`, document]),
    ["zarr.json", group],
  ];
}

/** The metadata of a group of version 2, the consolidated ones last. */
export function documents2(arrays: readonly StoredArray[], attributes: object): [string, object][] {
  const all: [string, object][] = [
    [".zgroup", { zarr_format: 2 }],
    [".zattrs", attributes],
  ];
  for (const array of arrays) {
    all.push([`${array.name}/.zarray`, document2(array)]);
    all.push([`${array.name}/.zattrs`, { ...array.attrs, _ARRAY_DIMENSIONS: array.dims }]);
  }
  return [...all, [".zmetadata", { zarr_consolidated_format: 1, metadata: Object.fromEntries(all) }]];
}

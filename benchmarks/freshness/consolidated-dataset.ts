import * as zarr from "zarrita";

const CHUNK = 4096;

/** A Zarr 3 hierarchy of arrays of so many chunks of 16 KB, with consolidated metadata, in memory. */
export async function consolidatedDataset(
  arrays: number,
  chunks: number,
): Promise<{ readonly names: readonly string[]; readonly values: ReadonlyMap<string, Uint8Array> }> {
  const values = new Map<string, Uint8Array>();
  const names = Array.from({ length: arrays }, (_, number) => `t${number}`);
  const metadata: Record<string, unknown> = {};
  for (const [number, name] of names.entries()) {
    const array = await zarr.create(zarr.root(values).resolve(name), {
      shape: [chunks * CHUNK],
      chunkShape: [CHUNK],
      dtype: "float32",
      codecs: [{ name: "bytes", configuration: { endian: "little" } }],
    });
    const data = Float32Array.from({ length: chunks * CHUNK }, (_, at) => Math.sin(at / 50 + number));
    await zarr.set(array, [null], { data, shape: [data.length], stride: [1] });
    metadata[name] = JSON.parse(new TextDecoder().decode(values.get(`/${name}/zarr.json`)));
  }
  const group = {
    zarr_format: 3,
    node_type: "group",
    attributes: {},
    consolidated_metadata: { kind: "inline", must_understand: false, metadata },
  };
  values.set("/zarr.json", new TextEncoder().encode(JSON.stringify(group)));
  return { names, values };
}

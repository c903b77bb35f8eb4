import { renameSync, writeFileSync } from "node:fs";
import type { CacheFunction } from "@zarr-cache/server";

/** Writes the id of its process to a file, and never ends. */
const writeAndHang: CacheFunction = (_, { file }) => {
  writeFileSync(`${file}.part`, String(process.pid));
  renameSync(`${file}.part`, String(file));
  for (;;);
};
export default writeAndHang;

/** A thread that evaluates the pipeline of the benchmark; the store is the directory that the environment names. */
import { registerDimension } from "@zarr-cache/arrays";
import { createRegistry, resource } from "@zarr-cache/nodes";
import { serveEvaluations } from "@zarr-cache/nodes/parallel";
import FileSystemStore from "@zarrita/storage/fs";

for (const name of ["month", "level"]) registerDimension(name);
const store = new FileSystemStore(process.env["ZARR_CACHE_BENCHMARK_STORE"] as string);
serveEvaluations(createRegistry().provide(resource("era", store)));

/** A thread that evaluates with the types and resources of these tests. */
import { serveEvaluations } from "@zarr-cache/nodes/parallel";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { registry } from "./registry.ts";

const cache = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "8 MB" }), new MemoryStoreOpener());
serveEvaluations(registry, { cache });

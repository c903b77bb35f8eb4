/** A thread that evaluates with the types and resources of these tests. */
import { serveEvaluations } from "@zarr-cache/nodes/parallel";
import { registry } from "./registry.ts";

serveEvaluations(registry);

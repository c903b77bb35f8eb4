import type { CacheStorage } from "zarr-cache";
import { assembleCluster } from "../cluster/support/assemble-cluster.ts";
import { PATIENT, startCluster } from "../cluster/support/cluster.ts";
import { makeOrigin } from "../processes/support/origin.ts";
import { openPatientCache } from "./patient-cache.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Opens the same storage as often as it is called, as further processes would. Whoever opens it closes it. */
export type OpenStorage = () => Promise<CacheStorage>;

/** The kinds of storage that processes share, started for one test; with deadlines that a busy machine does not reach. */
export const SHARED_STORAGES: Readonly<Record<string, () => Promise<OpenStorage>>> = {
  "memory over disk": async () => {
    const directory = await temporaryDirectory();
    return async () => (await openPatientCache(directory)).storage;
  },
  "memory over Redis and S3": async () => {
    const { place } = await startCluster(makeOrigin(0, 0));
    const options = { ...PATIENT, maxBytes: 200_000_000, memory: 100_000_000 };
    return async () => (await assembleCluster(place, options)).storage;
  },
};

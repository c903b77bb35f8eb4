import { createHash } from "node:crypto";

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads what the environment configures, in the form of a configuration. An empty variable is as one that is not set. */
export function fromEnvironment(env: Environment): Record<string, unknown> {
  const cache = defined({
    location: env["ZARR_CACHE_LOCATION"] || env["LOCAL_DATA_DIR"],
    maxBytes: env["ZARR_CACHE_MAX_BYTES"],
    memory: env["ZARR_CACHE_MEMORY"],
    index: env["ZARR_CACHE_INDEX"],
    namespace: env["ZARR_CACHE_NAMESPACE"],
  });
  const queue = env["ZARR_CACHE_QUEUE"];
  const bucket = env["AWS_BUCKET_NAME"];
  const prefix = env["AWS_DATA_DIR"]?.replace(/^\/+|\/+$/g, "");
  const token = env["ZARR_CACHE_TOKEN"];
  return defined({
    listen: env["ZARR_CACHE_LISTEN"],
    workers: env["ZARR_CACHE_WORKERS"] ? Number(env["ZARR_CACHE_WORKERS"]) : undefined,
    logLevel: env["ZARR_CACHE_LOG_LEVEL"],
    cache: Object.keys(cache).length === 0 ? undefined : cache,
    worker: queue ? { redis: queue } : undefined,
    stores: bucket ? { records: `s3://${bucket}${prefix ? `/${prefix}` : ""}` } : undefined,
    tokens: token ? [{ name: "environment", sha256: sha256(token), scope: "admin" }] : undefined,
  });
}

/** The hash of a token as a configuration has it. */
export function sha256(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""),
  );
}

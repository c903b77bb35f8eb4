import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Source } from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import { S3Source } from "zarr-cache/s3";
import type { SourceStoreConfig } from "../config/store-section.ts";
import { defined } from "../defined.ts";
import { DirectorySource } from "./directory-source.ts";
import { isPrivateHost, publicFetch } from "./public-fetch.ts";

/** Makes the source of a store as it is configured; paths begin in `directory`. */
export async function openSource(config: SourceStoreConfig, directory: string): Promise<Source> {
  const { source, writable } = config;
  if (/^https?:/.test(source)) return httpSource(config);
  if (source.startsWith("s3://")) return s3Source(config);
  return new DirectorySource(pathOf(source, directory), { writable });
}

/** A path as people write it: a file URL, or from the home directory, or from the directory of the configuration. */
export function pathOf(text: string, directory: string): string {
  if (text.startsWith("file:")) return fileURLToPath(text);
  if (text === "~" || text.startsWith("~/")) return join(homedir(), text.slice(1));
  return resolve(directory, text);
}

async function httpSource({ source, http = {} }: SourceStoreConfig): Promise<Source> {
  const { privateAddresses, timeouts, retries, ...options } = http;
  const isPrivate = privateAddresses ?? (await isPrivateHost(new URL(source).hostname));
  return new HttpSource(source, {
    ...defined(options),
    ...(timeouts && { timeouts: defined(timeouts) }),
    ...(retries && { retries: defined(retries) }),
    ...(!isPrivate && { fetch: publicFetch() }),
    shared: true,
  });
}

function s3Source({ source, writable, s3 = {} }: SourceStoreConfig): Source {
  const { region, endpoint, forcePathStyle, ...options } = s3;
  const clientConfig = defined({ region, endpoint, forcePathStyle });
  return new S3Source(source, { ...defined(options), clientConfig, writable, shared: true });
}

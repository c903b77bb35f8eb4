import { InvalidOptionError } from "../errors.ts";

const FORM = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])(?:\/(.*))?$/s;

/** A place in a bucket. */
export interface ObjectPlace {
  readonly bucket: string;
  /** Without a slash at its end; empty for the whole bucket. */
  readonly prefix: string;
  /** `s3://bucket/prefix`. */
  readonly url: string;
}

/** Reads a URL such as `"s3://bucket/era5.zarr"`; what follows the bucket is taken as it stands. */
export function parseObjectUrl(option: string, url: unknown): ObjectPlace {
  const [, bucket, path = ""] = (typeof url === "string" && FORM.exec(url)) || [];
  if (bucket === undefined || path.startsWith("/"))
    throw new InvalidOptionError(option, url, 'a place such as "s3://bucket/era5.zarr"');
  const prefix = path.replace(/\/+$/, "");
  return { bucket, prefix, url: prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}` };
}

const METADATA = /\/(?:zarr\.json|\.zarray|\.zattrs|\.zgroup|\.zmetadata)$/;

/** Whether a key is a metadata document, as against data. */
export function isMetadata(key: string): boolean {
  return METADATA.test(key);
}

/** Metadata is JSON; whatever else is there is bytes, which no browser is to make something of. */
export function contentTypeOf(key: string): string {
  return isMetadata(key) ? "application/json" : "application/octet-stream";
}

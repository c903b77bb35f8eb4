export { DiskStoreOpener, type DiskStoreOpenerOptions } from "./disk-store-opener.ts";

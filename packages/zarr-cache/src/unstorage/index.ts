export {
  type RawStorage,
  UnstorageStoreOpener,
  type UnstorageStoreOpenerOptions,
} from "./unstorage-store-opener.ts";

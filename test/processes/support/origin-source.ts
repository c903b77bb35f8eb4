import type { RangeQuery } from "zarr-cache";
import type { Peer } from "./calls.ts";
import type { OriginCalls } from "./origin.ts";
import { makeValue, versionOf } from "./values.ts";

/** The origin in the process of the test, as a source that can be written. */
export function originSource(origin: Peer<OriginCalls>) {
  return {
    identity: "the origin",
    async get(key: string): Promise<Uint8Array | undefined> {
      const held = await origin.call("read", key, undefined);
      return held && makeValue(key, held.version, held.size);
    },
    async getRange(key: string, range: RangeQuery): Promise<Uint8Array | undefined> {
      const held = await origin.call("read", key, range);
      if (held === undefined) return undefined;
      const value = makeValue(key, held.version, held.size);
      return "suffixLength" in range
        ? value.slice(-range.suffixLength)
        : value.slice(range.offset, range.offset + range.length);
    },
    async set(key: string, value: Uint8Array): Promise<void> {
      await origin.call("write", key, versionOf(key, value));
    },
    async delete(key: string): Promise<void> {
      await origin.call("remove", key);
    },
  };
}

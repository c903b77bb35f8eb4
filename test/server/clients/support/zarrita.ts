import * as zarr from "zarrita";
import { hashValues } from "../../../support/checksums.ts";
import { type Client, readEach, ZARR_2, ZARR_3 } from "./client.ts";

/** zarrita, which asks for the size of a shard before it reads the index at its end. */
export const zarrita = fetching("zarrita", {});

/** zarrita with suffix ranges (RFC 9110 §14.1.2). */
export const zarritaBySuffix = fetching("zarrita with suffix requests", { useSuffixRequest: true });

function fetching(name: string, options: { readonly useSuffixRequest?: boolean }): Client {
  return {
    name,
    packages: [],
    fixtures: [...ZARR_2, ...ZARR_3],
    read: (stores) =>
      readEach(stores, async (url, path) => {
        const root = zarr.root(new zarr.FetchStore(url, options));
        return hashValues(await zarr.get(await zarr.open(root.resolve(path), { kind: "array" })));
      }),
  };
}

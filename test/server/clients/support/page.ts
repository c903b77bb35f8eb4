/** What runs in the page: reads arrays with zarrita from another origin than its own. */
import * as zarr from "zarrita";

/** Reads an array whole, of a version of the format so that nothing is asked for that is missing, and tells the SHA-256 of its raw values. */
async function hashArray(version: 2 | 3, url: string, path: string): Promise<string> {
  const root = zarr.root(new zarr.FetchStore(url, { useSuffixRequest: true }));
  const open = version === 2 ? zarr.open.v2 : zarr.open.v3;
  const { data } = await zarr.get(await open(root.resolve(path), { kind: "array" }));
  if (!ArrayBuffer.isView(data)) throw new TypeError(`${path} is not numeric`);
  const digest = await crypto.subtle.digest("SHA-256", data as ArrayBufferView<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the test calls. */
export interface Page {
  hashArray(version: 2 | 3, url: string, path: string): Promise<string>;
  /** What a script of another origin may see of an answer. */
  seen(url: string, headers: Record<string, string>): Promise<Record<string, string | number>>;
}

declare global {
  var page: Page;
}

globalThis.page = {
  hashArray,
  async seen(url, headers) {
    const answer = await fetch(url, { headers });
    return { status: answer.status, ...Object.fromEntries(answer.headers) };
  },
};

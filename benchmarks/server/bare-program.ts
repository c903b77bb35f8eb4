/** A bare server of Node that answers from memory: what Node itself can do; sends its port and stays. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { valuePath } from "./values-origin.ts";

const values = new Map(
  [100_000, 1_000_000].map((size) => [valuePath(size, "hot"), Buffer.alloc(size, "zarr")]),
);
const server = createServer((request, response) => {
  const value = values.get(request.url ?? "");
  if (value === undefined) return void response.writeHead(404).end();
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": value.byteLength,
    etag: '"v1"',
  });
  response.end(value);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());

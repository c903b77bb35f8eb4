/** An S3 server in a process of its own, so that its work is not counted as ours; sends its port and stays. */
import type { AddressInfo } from "node:net";
import { buildApp } from "fauxqs";

const app = buildApp({ logger: false });
await app.listen({ host: "127.0.0.1", port: 0 });
process.send?.((app.server.address() as AddressInfo).port);
process.once("disconnect", () => process.exit());

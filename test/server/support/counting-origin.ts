import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A web server with a few values, that records what it is asked. */
export interface CountingOrigin {
  readonly url: string;
  /** Such as `GET /era5.zarr/c/0`. */
  readonly requests: readonly string[];
  /** Resolves when it was asked for the first time since it was last held. */
  readonly asked: Promise<void>;
  /** Lets requests wait until the function that it returns is called. */
  hold(): () => void;
}

/** Starts a {@link CountingOrigin}; it ends with the test. */
export async function countingOrigin(values: Record<string, Uint8Array>): Promise<CountingOrigin> {
  const requests: string[] = [];
  let gate = Promise.resolve();
  let tellAsked = () => {};
  let asked = Promise.resolve();
  const server = createServer(async (request, answer) => {
    requests.push(`${request.method} ${request.url}`);
    tellAsked();
    await gate;
    const value = values[request.url ?? ""];
    if (value === undefined) answer.writeHead(404).end();
    else answer.writeHead(200, { "content-length": value.byteLength, etag: '"v1"' }).end(value);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get asked() {
      return asked;
    },
    hold() {
      let letGo = () => {};
      gate = new Promise((resolve) => {
        letGo = resolve;
      });
      asked = new Promise((resolve) => {
        tellAsked = resolve;
      });
      return letGo;
    },
  };
}

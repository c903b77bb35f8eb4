import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Where the servers of a test ask for heights by latitude: ten times as high. It fails for 13, and never answers for 66. */
export interface HeightsOrigin {
  readonly url: string;
  /** Every latitude that was asked for, as often as it was. */
  readonly asked: readonly number[];
  /** Resolves when somebody asks for 66. */
  readonly hanging: Promise<unknown>;
  /** Resolves when who asked for 66 has left. */
  readonly left: Promise<unknown>;
}

/** Starts a {@link HeightsOrigin}; it ends with the test. */
export async function heightsOrigin(): Promise<HeightsOrigin> {
  const asked: number[] = [];
  const events = new EventEmitter();
  const [hanging, left] = [once(events, "hanging"), once(events, "left")];
  const server = createServer(async (request, answer) => {
    let text = "";
    for await (const piece of request) text += piece;
    const latitudes: number[] = JSON.parse(text);
    asked.push(...latitudes);
    if (latitudes.includes(66)) {
      answer.once("close", () => events.emit("left"));
      events.emit("hanging");
      return;
    }
    if (latitudes.includes(13)) answer.statusCode = 500;
    answer.end(JSON.stringify(latitudes.map((latitude) => 10 * latitude)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, hanging, left };
}

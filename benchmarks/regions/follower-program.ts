import { Region } from "@zarr-cache/regions";
import { answerAndEnd, orderOfProgram } from "../frame/program.ts";

/** Documents to wait for in one region, which another one writes. */
export interface FollowerOrder {
  readonly region: string;
  readonly nats: string;
  readonly namespace: string;
  readonly stream: string;
  readonly count: number;
}

const { region: name, nats, namespace, stream, count } = orderOfProgram<FollowerOrder>();
const region = await Region.open({ region: name, nats, namespace });
const logs = region.logs("documents");
const lags: number[] = [];
const decoder = new TextDecoder();
let heardAll: () => void = () => {};
const all = new Promise<void>((resolve) => {
  heardAll = resolve;
});
const following = await logs.follow(stream, await logs.end(stream), ({ body }) => {
  const at = Number(decoder.decode(body));
  // Documents that only warm the writer hold no time.
  if (at < 0) return;
  lags.push(performance.timeOrigin + performance.now() - at);
  if (lags.length === count) heardAll();
});
process.send?.("ready");
await all;
await following.stop();
await region.close();
answerAndEnd(lags);

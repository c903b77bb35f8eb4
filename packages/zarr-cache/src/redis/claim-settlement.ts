import { type Part, partId } from "../part.ts";
import type { Settlement } from "../store-index.ts";
import { SETTLED } from "./lua/claim-scripts.ts";
import { wordOf } from "./script.ts";
import type { SettlementWaits } from "./settlement-waits.ts";
import type { Shards } from "./shards.ts";

const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 250;

/** Waits until the claim with a token no longer lives; tells the failure that ended it. Rejects when aborted. */
export async function settled(
  shards: Shards,
  waits: SettlementWaits,
  part: Part,
  token: string,
  signal: AbortSignal,
): Promise<Settlement> {
  const shard = shards.of(part);
  const channel = shard.keys.state;
  signal.throwIfAborted();
  const packed = shards.pack(token);
  if (packed === undefined) return { failure: undefined };
  const digits = packed.toString("hex");
  void waits.listen(channel);
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    signal.throwIfAborted();
    const told = waits.wait(channel, digits, pause, signal);
    // Whether it is over is asked after the wait began, so that no message falls in between.
    told.catch(() => {});
    const reply = await shards.run(shard, SETTLED, [packed, partId(part)]);
    if (reply === undefined || wordOf(reply) === "over") {
      const failure = reply === undefined ? "" : String(reply[1]);
      return { failure: failure === "" ? undefined : (JSON.parse(failure) as Settlement["failure"]) };
    }
    await told;
  }
}

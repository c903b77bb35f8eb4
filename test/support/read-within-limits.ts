/**
 * A process that reads through a cache whose budget others share.
 * Messages: a `LimitedPlace` begins; `"rest"`, `"start"` and `"measure"` are answered when that is done.
 */
import { type LimitedPlace, type LimitedStorage, limitedStorage } from "./limited-storage.ts";
import { type RandomReaders, randomReaders, VALUE_BYTES } from "./random-readers.ts";

/** What a process holds. */
export interface Held {
  /** What its own index charges. */
  readonly charged: number;
  /** Bytes of the values in its own memory. */
  readonly actual: number;
}

let limited: LimitedStorage;
let readers: RandomReaders;

async function answer(message: LimitedPlace | "rest" | "start" | "measure"): Promise<Held | string> {
  if (message === "rest") await readers.rest();
  else if (message === "start") readers.start();
  else if (message === "measure") {
    let names = 0;
    for await (const _ of limited.opener.names?.() ?? []) names++;
    return { charged: (await limited.index.usage()).bytes, actual: names * VALUE_BYTES };
  } else {
    limited = limitedStorage(message);
    await limited.storage.open();
    readers = randomReaders(limited.storage);
    readers.start();
  }
  return "done";
}

process.on("message", async (message: LimitedPlace) => {
  try {
    process.send?.(await answer(message));
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
});
process.once("disconnect", () => process.exit());
process.send?.("ready");

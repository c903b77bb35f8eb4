import { setTimeout as pause } from "node:timers/promises";
import { Documents, Region } from "@zarr-cache/regions";
import { answerAndEnd, orderOfProgram } from "../frame/program.ts";

/** Documents to put in one region. */
export interface WriterOrder {
  readonly region: string;
  readonly nats: string;
  readonly namespace: string;
  /** What its keys begin with. */
  readonly prefix: string;
  readonly count: number;
  /** A pace to keep; without one as fast as it goes. */
  readonly perSecond?: number;
}

/** What a document holds that does not count, in place of the time when it was put. */
const NOT_MEASURED = -1;
const WARMING = 300;

const MOST_UNDER_WAY = 256;
const STEP = 5;

const { region: name, nats, namespace, prefix, count, perSecond } = orderOfProgram<WriterOrder>();
const region = await Region.open({ region: name, nats, namespace });
const documents = new Documents(region);
if (perSecond !== undefined) {
  // What a process does for the first time is slow, which is not to be measured.
  for (let n = 0; n < WARMING; n++) await documents.put(`${prefix}/warming/${n}`, NOT_MEASURED);
  await pause(300);
}
const started = performance.now();
const underWay = new Set<Promise<unknown>>();
for (let next = 0; next < count; ) {
  const due = perSecond === undefined ? count : Math.ceil(((performance.now() - started) / 1000) * perSecond);
  for (; next < Math.min(due, count); next++) {
    while (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay);
    const at = performance.timeOrigin + performance.now();
    const putting: Promise<unknown> = documents
      .put(`${prefix}/${next}`, at)
      .finally(() => underWay.delete(putting));
    underWay.add(putting);
  }
  await pause(STEP);
}
await Promise.all(underWay);
const seconds = (performance.now() - started) / 1000;
await documents.close();
await region.close();
answerAndEnd(seconds);

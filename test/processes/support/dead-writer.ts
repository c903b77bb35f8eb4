import { expect } from "vitest";
import { deferred } from "zarr-cache/testing";
import type { CacheWorkCalls } from "./cache-work.ts";
import type { Child } from "./children.ts";
import type { Origin } from "./origin.ts";
import { until } from "./until.ts";

/** An origin whose writes wait until they may land, and whose writers never learn that they did. */
export interface DeafeningOrigin extends Origin {
  readonly writeArrived: Promise<void>;
  /** Lets the write land; answers its version. */
  land(): number;
}

/** Makes the writes of an origin wait. */
export function deafen(origin: Origin): DeafeningOrigin {
  const arrived = deferred<void>();
  let landing: { readonly key: string; readonly version: number } | undefined;
  const write = (key: string, version: number) => {
    landing = { key, version };
    arrived.resolve();
    return new Promise<void>(() => {});
  };
  return {
    ...origin,
    calls: { ...origin.calls, write },
    writeArrived: arrived.promise,
    land() {
      if (landing === undefined) throw new Error("No write has arrived");
      origin.calls.write(landing.key, landing.version);
      return landing.version;
    },
  };
}

/**
 * Lets a writer be taken for dead, come back, write, and die before it can tell; a reader has copied the old value
 * meanwhile, into memory and the tier below, and must read the new one within a bound all the same.
 */
export async function expectHeardOfDeadWriter(
  origin: DeafeningOrigin,
  writer: Child<CacheWorkCalls>,
  reader: Child<CacheWorkCalls>,
): Promise<void> {
  const key = "/c/0";
  expect(await writer.call("get", key)).toBe(1);
  writer.call("set", key).catch(() => {});
  await origin.writeArrived;
  await writer.stop();
  const readUntilKept = () =>
    until(async () => {
      expect(await reader.call("get", key)).toBe(1);
      await reader.call("idle");
      return reader.call("has", key);
    });
  // Nobody waits for one that is taken for dead. Its death is told of once, so what is kept from then on stays.
  await readUntilKept();
  await reader.call("sweep");
  await readUntilKept();
  writer.resume();
  // Its timer to renew is due, and runs before the second of two calls; changes of the index are made in their order.
  await writer.call("usage");
  await writer.call("sweep");
  const version = origin.land();
  expect(await reader.call("get", key), "before anybody was told").toBe(1);
  await writer.kill();
  await until(async () => (await reader.call("get", key)) === version);
  expect(origin.complaints).toEqual([]);
}

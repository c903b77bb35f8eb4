import type { Part, StoreIndex } from "zarr-cache";
import { inFlight } from "./in-flight.ts";
import { seededRandom } from "./seeded-random.ts";

const FOREVER = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
const IN_FLIGHT = 1000;

/** The part that is number `number` of a filled index. */
export function partNumber(number: number): Part {
  return { storeId: "era5", key: `/t2m/c/${Math.floor(number / 1000)}/${number % 1000}` };
}

/**
 * Fills any index with entries of random size and cost for which no byte exists, many at a time.
 * The budget must hold them all.
 */
export async function fillSharedIndex(index: StoreIndex, entries: number): Promise<void> {
  const random = seededRandom(5);
  const numbers = Array.from({ length: entries }, (_, number) => number);
  const always = {
    missing: false,
    checksum: 0,
    age: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    validator: undefined,
  };
  await inFlight(numbers, IN_FLIGHT, async (number) => {
    const part = partNumber(number);
    const size = 50_000 + Math.floor(100_000 * random());
    const cost = 10 + 100 * random();
    const answer = await index.claim(part, FOREVER);
    if (answer.state !== "fill") throw new Error(`${part.key} is a ${answer.state}`);
    const reserved = await index.reserve(answer.claim, { footprint: size, size, cost, weight: 1 });
    if (reserved !== "reserved" || !(await index.commit(answer.claim, { ...always, size, cost })))
      throw new Error(`${part.key} was not kept: ${reserved}`);
  });
}

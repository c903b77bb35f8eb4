import { setTimeout as pause } from "node:timers/promises";
import { RegionalCacheStorage } from "@zarr-cache/regions";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { startFetchServer } from "../../test/support/fetch-server.ts";
import type { NatsRegions } from "../../test/support/nats-regions.ts";
import type { Finding } from "../frame/benchmark.ts";
import { inFlight } from "../frame/in-flight.ts";
import { seededRandom } from "../frame/seeded-random.ts";
import { spreadOf } from "../frame/spread.ts";
import { NAMES, ROUND_TRIP, waitUntil } from "./three-regions.ts";

const CHUNKS = 2000;
const CHUNK_BYTES = 16 * 1024;
const SOURCE_MILLISECONDS = 250;
const READERS = 8;

/** A region with a cache in memory and a server for the others, as far away as they are. */
async function openPlace(nats: NatsRegions, region: string, namespace: string, source: Source) {
  let handle: ((request: Request) => Promise<Response>) | undefined;
  const server = await startFetchServer(async (request) => {
    const answer = await handle?.(request);
    await pause(ROUND_TRIP);
    return answer ?? new Response(null, { status: 503 });
  });
  const local = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "1 GB" }), new MemoryStoreOpener());
  const storage = new RegionalCacheStorage(local, {
    region,
    nats: nats.region(region).url,
    namespace,
    url: server.url,
    heartbeat: 500,
  });
  handle = storage.handler();
  await storage.open();
  return {
    storage,
    store: new CachedStore(source, "data", storage, { identity: "data" }),
    async close() {
      await storage.close();
      await server.close();
    },
  };
}

type Place = Awaited<ReturnType<typeof openPlace>>;

/** A source that is far from every region, and counts. */
class Source {
  reads = 0;

  async get(key: string): Promise<Uint8Array> {
    this.reads++;
    await pause(SOURCE_MILLISECONDS);
    return new Uint8Array(CHUNK_BYTES).fill(key.length);
  }
}

/** Who answers the reads of three regions, and how often the source is asked. */
export async function locality(nats: NatsRegions, reads: number): Promise<Finding[]> {
  const together = await run(nats, "together", reads, async (places, keys) => {
    await Promise.all(places.map((place, n) => readAll(place, keys[n] ?? [])));
  });
  const inTurn = await run(nats, "in-turn", reads, async (places, keys) => {
    for (const [n, place] of places.entries()) {
      await readAll(place, keys[n] ?? []);
      await inStep(places);
    }
  });
  const percent = (part: number, whole: number) => ({ spread: spreadOf([(100 * part) / whole]), unit: "%" });
  const times = (part: number, whole: number) => ({ spread: spreadOf([part / whole]), unit: "×" });
  const total = 3 * reads;
  const row = (what: string, figure: Finding["figure"]): Finding => ({ what, figure });
  return [
    row(
      "reads answered by the own region, all three at once",
      percent(total - together.source - together.elsewhere, total),
    ),
    row("the same, by another region", percent(together.elsewhere, total)),
    row("source reads for each distinct chunk, all three at once", times(together.source, together.distinct)),
    row(
      "reads answered by the own region, one after the other",
      percent(total - inTurn.source - inTurn.elsewhere, total),
    ),
    {
      ...row(
        "source reads for each distinct chunk, one after the other",
        times(inTurn.source, inTurn.distinct),
      ),
      target: { limit: 1, better: "lower" },
    },
  ];
}

async function run(
  nats: NatsRegions,
  namespace: string,
  reads: number,
  work: (places: readonly Place[], keys: readonly (readonly `/${string}`[])[]) => Promise<void>,
) {
  const source = new Source();
  const places: Place[] = [];
  try {
    for (const name of NAMES) places.push(await openPlace(nats, name, namespace, source));
    const random = seededRandom(11);
    const keys = places.map(() => Array.from({ length: reads }, () => zipf(random())));
    await inStep(places);
    await work(places, keys);
    const elsewhere = places.map(({ storage }) => storage.elsewhereStatistics()?.reads ?? 0);
    return {
      source: source.reads,
      distinct: new Set(keys.flat()).size,
      elsewhere: elsewhere.reduce((sum, it) => sum + it, 0),
    };
  } finally {
    await Promise.all(places.map((place) => place.close()));
  }
}

async function readAll({ store }: Place, keys: readonly `/${string}`[]): Promise<void> {
  await inFlight(keys, READERS, (key) => store.get(key));
}

/** Waits until every region has what the others have announced. */
async function inStep(places: readonly Place[]): Promise<void> {
  await Promise.all(places.map(({ storage }) => storage.idle()));
  await waitUntil(async () => {
    const states = await Promise.all(places.map(async ({ storage }) => storage.member?.state()));
    const written = states.flatMap(
      (state) => state?.logs.filter(({ region, kind }) => kind === "parts" && region === state.region) ?? [],
    );
    return states.every(
      (state) =>
        state !== undefined &&
        new Set(state.members.map(({ region }) => region)).size === places.length - 1 &&
        written.length === places.length &&
        written.every(({ stream, sequence }) =>
          state.logs.some((log) => log.stream === stream && log.sequence === sequence),
        ),
    );
  });
}

/** Where the ranks of Zipf's law with exponent 1 end, of 1. */
const ENDS = (() => {
  const weights = Array.from({ length: CHUNKS }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, it) => sum + it, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += weight / total;
    return sum;
  });
})();

function zipf(random: number): `/${string}` {
  let [low, high] = [0, CHUNKS - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ENDS[middle] as number) < random) low = middle + 1;
    else high = middle;
  }
  return `/c/${low}`;
}

import { setTimeout as pause } from "node:timers/promises";
import { compareVersions, type Documents, parseVersion } from "@zarr-cache/regions";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type DocumentsOfRegions,
  type DocumentsPlace,
  equal,
  startDocumentsOfRegions,
} from "../support/documents-of-regions.ts";
import { until } from "../support/until.ts";

const REGIONS = ["fra", "iad", "sin"] as const;
const ROUNDS = Number(process.env["ZARR_CACHE_CUT_ROUNDS"] ?? 3);
/** Seconds that a cable stays cut at most, after the cut was noticed: up to 120. */
const LONGEST = Number(process.env["ZARR_CACHE_CUT_SECONDS"] ?? 0);

let regions: DocumentsOfRegions;

beforeAll(async () => {
  regions = await startDocumentsOfRegions(...REGIONS);
});

afterAll(() => regions.stop());

const write = fc.record({
  at: fc.nat(REGIONS.length - 1),
  key: fc.constantFrom("a", "b", "c", "d"),
  isDelete: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
});
const writes = fc.array(write, { minLength: 5, maxLength: 20 });
const round = fc.record({
  cable: fc.constantFrom("iad", "sin"),
  way: fc.constantFrom("there", "back", "both"),
  /** Whether it goes on until the cut is noticed. */
  isLong: fc.boolean(),
  isHealed: fc.boolean(),
  /** Milliseconds that everything takes on this cable from now on, each way. */
  delay: fc.constantFrom(0, 20, 80),
  seconds: fc.double({ min: 0, max: LONGEST, noNaN: true }),
  before: writes,
  during: writes,
});
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

/** Writes at all places, and the latest version that was acknowledged of each key. */
class Writing {
  readonly #places: readonly DocumentsPlace[];
  readonly latest = new Map<string, { readonly version: string; readonly value: number | undefined }>();
  #count = 0;

  constructor(places: readonly DocumentsPlace[]) {
    this.#places = places;
  }

  async write(all: Round["before"]): Promise<void> {
    for (const { at, key, isDelete } of all) {
      const value = isDelete ? undefined : this.#count++;
      const { documents } = this.#places[at] as DocumentsPlace;
      const version = await (value === undefined ? documents.delete(key) : documents.put(key, value));
      const known = this.latest.get(key);
      if (known === undefined || compareVersions(parseVersion(version), parseVersion(known.version)) > 0)
        this.latest.set(key, { version, value });
    }
  }
}

/** Cuts one cable, one way or both, and writes everywhere meanwhile. */
async function cut(places: readonly DocumentsPlace[], writing: Writing, round: Round): Promise<void> {
  const { cable, way, isLong, isHealed, seconds, delay, before, during } = round;
  await writing.write(before);
  const proxy = regions.nats.region(cable).cable;
  proxy?.delay(delay);
  if (way === "both") proxy?.stall();
  else proxy?.stallOneWay(way);
  await writing.write(during);
  if (isLong) {
    // Towards the hub nothing is heard of this region there; back from it, nothing of the hub here.
    const [there, of] = way === "back" ? [cable, "fra"] : ["fra", cable];
    const { region } = places.find((it) => it.region.region === there) as DocumentsPlace;
    await until("it is noticed", () => region.members().every((member) => member.region !== of));
    await pause(1000 * seconds);
    await writing.write(during);
  }
  if (isHealed) proxy?.heal();
}

test("cables that are cut one way or both lose nothing that was acknowledged", {
  timeout: 180_000 + 125_000 * (LONGEST > 0 ? ROUNDS : 0),
}, async () => {
  const seed = Number(process.env["ZARR_CACHE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`ZARR_CACHE_SEED=${seed}`);
  const places = await regions.openInStep(`cuts-${seed}`, REGIONS);
  const all: readonly Documents[] = places.map(({ documents }) => documents);
  const writing = new Writing(places);
  const rounds = fc.sample(round, { numRuns: ROUNDS, seed });
  for (const it of rounds) {
    console.log(`${it.cable}: ${it.way}${it.isLong ? `, ${Math.round(it.seconds)} s` : ""}`);
    await cut(places, writing, it);
  }
  for (const name of REGIONS) regions.nats.region(name).cable?.heal();
  for (const [key, { version, value }] of writing.latest)
    for (const documents of all)
      expect((await documents.get(key, { minVersion: version, timeout: 60_000 }))?.value).toBe(value);
  await equal(all);
});

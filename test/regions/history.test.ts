import { compareVersions, Documents, isRegionsError, parseVersion, Region } from "@zarr-cache/regions";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { until } from "../support/until.ts";

const REGIONS = ["fra", "iad", "sin"] as const;
const KEYS = ["a", "b", "c"];
const STEPS = Number(process.env["ZARR_CACHE_HISTORY_STEPS"] ?? 120);

type Name = (typeof REGIONS)[number];

interface Place {
  readonly region: Region;
  readonly documents: Documents;
}

/** What a write did, as its writer was told. */
interface Written {
  readonly value: string | undefined;
  /** `undefined` where no acknowledgement came: it may have been done. */
  readonly version: string | undefined;
}

let nats: NatsRegions;
const opened: Place[] = [];

beforeAll(async () => {
  nats = await startNatsRegions(...REGIONS);
});

afterAll(async () => {
  for (const { region, documents } of opened) {
    await documents.close();
    await region.close();
  }
  await nats.stop();
});

/** Opens all regions, each with a clock that is minutes off. */
async function openAll(namespace: string): Promise<Record<Name, Place>> {
  const places: Partial<Record<Name, Place>> = {};
  for (const [n, name] of REGIONS.entries()) {
    const skew = (n - 1) * 5 * 60_000;
    const clock = () => Date.now() + skew;
    const region = await Region.open({
      region: name,
      nats: nats.region(name).url,
      namespace,
      heartbeat: 100,
      clock,
    });
    places[name] = { region, documents: new Documents(region) };
    opened.push(places[name]);
  }
  return places as Record<Name, Place>;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      at: fc.constantFrom(...REGIONS),
      key: fc.constantFrom(...KEYS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("delete" as const),
      at: fc.constantFrom(...REGIONS),
      key: fc.constantFrom(...KEYS),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("get" as const),
      at: fc.constantFrom(...REGIONS),
      key: fc.constantFrom(...KEYS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("cut" as const),
      at: fc.constantFrom("iad" as const, "sin" as const),
      key: fc.constant(""),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("heal" as const),
      at: fc.constantFrom("iad" as const, "sin" as const),
      key: fc.constant(""),
    }),
  },
);

test("after any cuts all regions say the same, and nothing that was acknowledged is lost or undone", async () => {
  const seed = Number(process.env["HISTORY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`HISTORY_SEED=${seed}`);
  const [steps = []] = fc.sample(fc.array(step, { minLength: STEPS, maxLength: STEPS }), {
    numRuns: 1,
    seed,
  });
  const places = await openAll(`history-${seed}`);
  await until("all know of each other", () =>
    Object.values(places).every(({ region }) => region.logs("documents").streams.size === REGIONS.length),
  );
  const written = new Map<string, Written[]>(KEYS.map((key) => [key, []]));
  /** The latest version that was written or read of a key in a region: no later read there may be older. */
  const floor = new Map<string, string>();
  const note = (at: Name, key: string, version: string) => {
    const known = floor.get(`${at} ${key}`);
    if (known !== undefined)
      expect(
        compareVersions(parseVersion(version), parseVersion(known)),
        `${key} at ${at}`,
      ).toBeGreaterThanOrEqual(0);
    floor.set(`${at} ${key}`, version);
  };
  for (const [n, { do: what, at, key }] of steps.entries()) {
    const { documents } = places[at];
    const history = written.get(key);
    if (what === "cut") nats.region(at).cable?.stall();
    else if (what === "heal") nats.region(at).cable?.heal();
    else if (what === "get") {
      const found = await documents.get(key);
      if (found === undefined) continue;
      note(at, key, found.version);
      expect(history?.some(({ value }) => value === found.value)).toBe(true);
    } else {
      const value = what === "put" ? `${n} at ${at}` : undefined;
      try {
        const version = await (value === undefined ? documents.delete(key) : documents.put(key, value));
        history?.push({ value, version });
        note(at, key, version);
      } catch (error) {
        console.log(String(error), at, key);
        // A cut cable costs no write: the region's own server is there all the time.
        expect(isRegionsError(error, "RegionUnavailableError")).toBe(false);
        throw error;
      }
    }
  }
  for (const name of ["iad", "sin"]) nats.region(name).cable?.heal();
  for (const key of KEYS) {
    const last = (written.get(key) ?? [])
      .filter(({ version }) => version !== undefined)
      .sort((a, b) =>
        compareVersions(parseVersion(b.version as string), parseVersion(a.version as string)),
      )[0];
    if (last === undefined) continue;
    for (const [name, { documents }] of Object.entries(places))
      await until(`"${key}" at ${name} is ${last.version}`, async () => {
        const found = await documents.get(key);
        return last.value === undefined ? found === undefined : found?.version === last.version;
      });
  }
});

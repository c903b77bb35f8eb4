import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Arithmetic,
  type ChunkFailure,
  type Environment,
  FunctionSource,
  readCoordinates,
  resource,
} from "@zarr-cache/nodes";
import { remote } from "@zarr-cache/nodes/remote";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { heightsOrigin } from "./support/heights-origin.ts";
import { startServer } from "./support/start-server.ts";

const HEIGHTS = fileURLToPath(new URL("support/count-heights.ts", import.meta.url));
const TOKEN = { name: "team", sha256: createHash("sha256").update("open").digest("hex"), scope: "read" };

/** `k` times the heights; here nobody knows any. */
function heights(eqn = "A * k") {
  const fn = resource("heights", () => {
    throw new Error("computed here");
  });
  return new Arithmetic({
    eqn,
    operands: { A: new FunctionSource({ fn, dims: ["lat"] }) },
    constants: { k: 2 },
  });
}

/** A server that evaluates {@link heights} for those who have a token, and those who ask it. */
async function started(evaluate: object = {}) {
  const origin = await heightsOrigin();
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, "heights.json"), heights().definition("json"));
  const config = {
    // Deadlines that a busy machine does not reach.
    cache: { deadline: "1m", lockAge: "1m" },
    tokens: [TOKEN],
    pipelines: { modules: [HEIGHTS], evaluate },
    stores: { map: { pipeline: "heights.json", coordinates: { lat: [1] } } },
  };
  await writeFile(join(cwd, "zarr-cache.config.json"), JSON.stringify(config));
  const server = await startServer([], { cwd, env: { HEIGHTS_URL: origin.url } });
  const url = `${server.url}/api/v1/evaluate`;
  const asking = (token = "open") =>
    remote({ url, headers: { authorization: `Bearer ${token}` }, chunkPoints: 4 });
  return { origin, server, url, asking };
}

const lats = (start: number, size: number) => readCoordinates({ lat: { start, step: 1, size } });
const times = (factor: number, start: number, size: number) =>
  Array.from({ length: size }, (_, at) => factor * 10 * (start + at));

it("evaluates for remote at any coordinates and parameters, each stage once", async () => {
  const { origin, asking } = await started();
  const evaluated = async (environment: Environment, options = {}) =>
    Array.from(
      (
        await heights()
          .using(environment)
          .eval(lats(20, 10), { ...options, method: "remote" })
      ).toTypedArray(),
    );
  const there = { evaluators: { remote: asking() } };
  expect(await evaluated(there)).toEqual(times(2, 20, 10));
  expect(await evaluated(there)).toEqual(times(2, 20, 10));
  // The heights are kept by themselves.
  expect(await evaluated(there, { params: { Arithmetic: { k: 3 } } })).toEqual(times(3, 20, 10));
  expect(origin.asked.toSorted()).toEqual(times(0.1, 20, 10));
});

it("evaluates nothing else, and nothing for others", async () => {
  const { origin, asking, url } = await started({ maxPoints: 3 });
  await expect(heights("A - k").eval(lats(1, 1), { method: asking() })).rejects.toThrow(
    /403: .* not allowed here/,
  );
  await expect(heights().eval(lats(1, 1), { method: asking("shut") })).rejects.toThrow(/401: /);
  await expect(heights().eval(lats(1, 4), { method: asking() })).rejects.toThrow(
    /413: .*at most 3 points, not 4/,
  );
  const evil = JSON.stringify({ definition: { A: { node: "process" } }, coordinates: lats(1, 1).definition });
  const answer = await fetch(url, { method: "POST", body: evil, headers: { authorization: "Bearer open" } });
  expect([answer.status, (await answer.json()).detail]).toEqual([400, expect.stringMatching(/not known/)]);
  expect(origin.asked).toEqual([]);
});

it("evaluates what is allowed by its hash", async () => {
  const { asking } = await started({ allow: [heights("A - k").hash] });
  const out = await heights("A - k").eval(lats(1, 2), { method: asking() });
  expect(Array.from(out.toTypedArray())).toEqual([8, 18]);
});

it("tells a client that a chunk failed, and the log why", async () => {
  const { asking, server } = await started();
  const failures: ChunkFailure[] = [];
  const logged = server.logged("request failed");
  const onFailure = (failure: ChunkFailure) => failures.push(failure);
  const out = await heights().eval(lats(8, 8), { method: asking(), onFailure });
  expect(Array.from(out.toTypedArray()).map(Number.isNaN)).toEqual([
    ...Array(4).fill(false),
    ...Array(4).fill(true),
  ]);
  expect(String(failures[0]?.error)).toMatch(/answered 500: Something went wrong/);
  expect(String(failures[0]?.error)).not.toContain("secret");
  expect(JSON.stringify(await logged)).toContain("no heights");
});

it("ends what takes too long", async () => {
  const { asking } = await started({ timeout: 1 });
  await expect(heights().eval(lats(66, 1), { method: asking() })).rejects.toThrow(/504: .*longer than 1 ms/);
});

it("ends with a client that leaves", async () => {
  const { asking, origin } = await started();
  const client = new AbortController();
  const asked = heights().eval(lats(66, 1), { method: asking(), signal: client.signal });
  await origin.hanging;
  client.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  await origin.left;
});

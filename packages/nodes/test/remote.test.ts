import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import { evaluationHandler, remote } from "../src/evaluators/remote/index.ts";
import {
  Arithmetic,
  type ChunkFailure,
  createRegistry,
  type EvalContext,
  type EvaluationProgress,
  FunctionSource,
  Node,
  resource,
} from "../src/index.ts";
import { grid, memoryStorage, nested, valuesAt } from "./support/example.ts";

const URL_OF_SERVER = "http://server.example/api/v1/evaluate";

function server(options: Partial<Parameters<typeof evaluationHandler>[0]> = {}) {
  const asked: number[] = [];
  const fn = resource("wave", (coordinates: Coordinates) => {
    asked.push(coordinates.size);
    if (coordinates.get("lat").includes(13)) throw new RangeError("thirteen");
    return valuesAt(coordinates, ([lat = 0]) => Math.sin(lat));
  });
  const source = new FunctionSource({ fn, dims: ["lat"], units: "m" });
  const node = new Arithmetic({ eqn: "A * k", operands: { A: source }, constants: { k: 2 } });
  const handler = evaluationHandler({
    registry: createRegistry().provide(fn),
    allow: [node.hash],
    ...options,
  });
  const answer = (input: string | URL | Request, init?: RequestInit) => handler(new Request(input, init));
  return { node, asked, handler, method: remote({ url: URL_OF_SERVER, fetch: answer, chunkPoints: 4 }) };
}

const lats = (first: number, size: number) => grid({ lat: { start: first, step: 1, size } });

describe("remote", () => {
  it("gives what serial gives, bit for bit, with parameters", async () => {
    const { node, asked, method } = server();
    const params = { Arithmetic: { k: 7 } };
    const progress: EvaluationProgress[] = [];
    const onProgress = (each: EvaluationProgress) => progress.push(each);
    const out = await node.eval(lats(20, 10), { method, params, onProgress });
    expect(asked.toSorted()).toEqual([2, 4, 4]);
    expect(progress).toEqual([1, 2, 3].map((done) => ({ done, total: 3 })));
    const serial = await node.eval(lats(20, 10), { params });
    expect([nested(out), out.units]).toEqual([nested(serial), "m"]);
  });

  it("reports a chunk that failed with what the server said, and leaves it NaN", async () => {
    const { node, method } = server();
    const failures: ChunkFailure[] = [];
    const out = await node.eval(lats(8, 8), { method, onFailure: (failure) => failures.push(failure) });
    expect((nested(out) as number[]).map(Number.isNaN)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(failures.map(({ error }) => String(error))).toEqual([
      "EvaluationError: http://server.example answered 500: thirteen",
    ]);
  });

  it("shares the cache of the server", async () => {
    const { node, asked, method } = server({ environment: { cache: memoryStorage() } });
    await node.eval(lats(20, 4), { method });
    await node.eval(lats(20, 4), { method });
    expect(asked).toEqual([4]);
  });

  it("computes anew, or without that cache, where it is told so", async () => {
    const { node, asked, method } = server({ environment: { cache: memoryStorage() } });
    for (const cache of ["use", "refresh", "use", "bypass", "use"] as const)
      await node.eval(lats(20, 4), { method, cache });
    expect(asked).toEqual([4, 4, 4]);
  });

  it("ends with its signal, and what the server computes with it", async () => {
    const controller = new AbortController();
    const ended: unknown[] = [];
    const fn = resource("wave", (_: Coordinates, { signal }: EvalContext) => {
      controller.abort(new Error("enough"));
      return new Promise<number[]>((_done, reject) => {
        const end = () => {
          ended.push(signal?.reason);
          reject(signal?.reason);
        };
        if (signal?.aborted) end();
        else signal?.addEventListener("abort", end);
      });
    });
    const { node, method } = server({ registry: createRegistry().provide(fn) });
    const options = { method, signal: controller.signal };
    await expect(node.eval(lats(20, 12), options)).rejects.toThrow("enough");
    expect(ended.length).toBeGreaterThan(0);
  });

  it("evaluates nothing that is not allowed", async () => {
    const { node, asked, method } = server({ allow: ["0".repeat(64)] });
    await expect(node.eval(lats(1, 1), { method })).rejects.toThrow(
      `403: The pipeline ${node.hash} is not allowed here`,
    );
    const asks = server({ allow: async (hash) => hash === node.hash });
    expect(((await node.eval(lats(20, 1), { method: asks.method })) as UnitsDataArray).size).toBe(1);
    expect(asked).toEqual([]);
  });

  it("refuses options that are unknown or impossible", () => {
    expect(() => remote({ url: "nowhere" })).toThrow(/URL/);
    expect(() => remote({ url: URL_OF_SERVER, concurrency: 0 })).toThrow(/concurrency/);
    expect(() => remote({ url: URL_OF_SERVER, retries: 3 } as never)).toThrow(/options.retries/);
  });
});

describe("evaluationHandler answers", () => {
  const { node, handler } = server();
  const body = { definition: node.definition(), coordinates: lats(20, 2).definition };
  const raster = { stack: ["lat", "lon"], shape: [1e6, 1e6], geotransform: [0, 1, 1, 0, 1, -1] };
  const axis = { name: "lat", start: 0, step: 1 };
  const over = (...coordinates: object[]) =>
    JSON.stringify({ ...body, coordinates: { crs: "EPSG:4326", coordinates } });
  it.each([
    ["another method", undefined, 405],
    ["no JSON", "{", 400],
    ["no object", "3", 400],
    ["a definition that is none", JSON.stringify({ ...body, definition: { A: { node: "process" } } }), 400],
    ["coordinates that are none", JSON.stringify({ ...body, coordinates: { lat: 1 } }), 400],
    ["unknown parameters", JSON.stringify({ ...body, params: { Arithmetic: { x: 1 } } }), 400],
    ["an unknown use of the cache", JSON.stringify({ ...body, cache: "never" }), 400],
    ["a missing dimension", JSON.stringify({ ...body, coordinates: grid({ lon: [1] }).definition }), 400],
    ["too many points", JSON.stringify({ ...body, coordinates: lats(0, 2 ** 22 + 1).definition }), 413],
    ["too many points of a rotated raster, none of which is made", over(raster), 413],
    ["too many points beside an empty dimension", over(raster, { name: "time", values: [] }), 413],
    ["too many points of an axis that tells a shape", over({ ...axis, size: 2 ** 40, shape: [1] }), 413],
    ["too many bytes", JSON.stringify({ ...body, params: { x: { y: "z".repeat(4_000_001) } } }), 413],
  ])("%s with %s", async (_, text, status) => {
    const init = text === undefined ? {} : { method: "POST", body: text };
    const answer = await handler(new Request(URL_OF_SERVER, init));
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
    expect(Object.keys(await answer.json())).toEqual(["type", "status", "detail"]);
  });

  it("an evaluation that takes too long with 504, and one that fails as it is told", async () => {
    const fn = resource("wave", (_: Coordinates, { signal }: EvalContext) =>
      signal?.aborted
        ? []
        : new Promise<number[]>((_done, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason));
          }),
    );
    const slow = evaluationHandler({
      registry: createRegistry().provide(fn),
      allow: [node.hash],
      timeout: 1,
    });
    const asked = () => new Request(URL_OF_SERVER, { method: "POST", body: JSON.stringify(body) });
    expect((await slow(asked())).status).toBe(504);
    const { handler: failing } = server({ failed: (error) => new Response(String(error), { status: 599 }) });
    const thirteen = { ...body, coordinates: lats(13, 1).definition };
    const answer = await failing(
      new Request(URL_OF_SERVER, { method: "POST", body: JSON.stringify(thirteen) }),
    );
    expect([answer.status, await answer.text()]).toEqual([599, "RangeError: thirteen"]);
  });

  it("nobody once the client has left", async () => {
    const controller = new AbortController();
    const { handler: own } = server({
      allow: () => {
        controller.abort();
        return true;
      },
    });
    const init = { method: "POST", body: JSON.stringify(body), signal: controller.signal };
    expect((await own(new Request(URL_OF_SERVER, init))).status).toBe(499);
  });

  it("nothing that was not read back: a registry is the only way in", () => {
    expect(
      Node.fromDefinition(node.definition(), createRegistry().provide(resource("wave", () => []))).hash,
    ).toBe(node.hash);
  });
});

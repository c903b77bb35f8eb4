import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { expect, it } from "vitest";
import { blockShape, chunked } from "../src/evaluators/chunked.ts";
import type { EvaluationTask } from "../src/evaluators/evaluator.ts";
import { grid, src } from "./support/example.ts";

const lats = grid({ lat: { start: 0, step: 1, size: 6 } });

function task(
  evaluate: (chunk: Coordinates) => UnitsDataArray | Promise<UnitsDataArray>,
  more: Partial<EvaluationTask> = {},
): EvaluationTask {
  return {
    node: src(),
    cache: "use",
    definition: {},
    coordinates: lats,
    params: {},
    signal: undefined,
    local: async (chunk) => evaluate(chunk),
    progress() {},
    failed() {},
    ...more,
  };
}

const first = (chunk: Coordinates) => chunk.get("lat")[0] as number;

it("has the wider type where chunks are of two, whichever comes first", async () => {
  for (const wide of [0, 4]) {
    const out = await chunked(
      task((chunk) => {
        const Kind = first(chunk) === wide ? Float64Array : Float32Array;
        return new UnitsDataArray(Kind.from(chunk.get("lat")), chunk);
      }),
      [2],
    );
    expect(out.toTypedArray()).toEqual(Float64Array.of(0, 1, 2, 3, 4, 5));
  }
  const single = await chunked(
    task((chunk) => new UnitsDataArray(Float32Array.from(chunk.get("lat")), chunk)),
    [4],
  );
  expect(single.toTypedArray()).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
});

it("begins the next chunk before it puts the last in its place, and no more at a time than it may", async () => {
  const events: string[] = [];
  let [running, most] = [0, 0];
  await chunked(
    task(
      async (chunk) => {
        events.push(`begin ${first(chunk)}`);
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return new UnitsDataArray([...chunk.get("lat")], chunk);
      },
      { progress: ({ done }) => events.push(`put ${done}`) },
    ),
    [2],
  );
  expect(events).toEqual(["begin 0", "begin 2", "put 1", "begin 4", "put 2", "put 3"]);
  expect(most).toBe(1);
});

it("leaves NaN in every band and own dimension of chunks that fail, also where the first does", async () => {
  for (const failing of [0, 2, 4]) {
    const out = await chunked(
      task((chunk) => {
        if (first(chunk) === failing) throw new Error("broken");
        const all = Coordinates.merge([chunk, grid({ time: ["2018-01-01", "2018-01-02"] })]);
        const values = Float32Array.from({ length: all.size * 2 }, () => first(chunk) + 1);
        return new UnitsDataArray(values, all, { bands: ["a", "b"], units: "m" });
      }),
      [2],
    );
    expect([out.dims, out.units]).toEqual([["lat", "time", "band"], "m"]);
    const expected = [0, 2, 4].flatMap((each) => Array(8).fill(each === failing ? Number.NaN : each + 1));
    expect(Array.from(out.toTypedArray())).toEqual(expected);
  }
});

it("hands over the answers that it has copied, but not the one that is the whole", async () => {
  const copied: number[] = [];
  const evaluate = async (chunk: Coordinates) => new UnitsDataArray([...chunk.get("lat")], chunk);
  const options = { evaluate, copied: (array: UnitsDataArray) => copied.push(array.size) };
  await chunked(task(evaluate), [4], options);
  expect(copied).toEqual([4, 2]);
  await chunked(task(evaluate), [6], options);
  expect(copied).toEqual([4, 2]);
});

it("begins nothing more once its signal has aborted", async () => {
  const controller = new AbortController();
  const begun: number[] = [];
  const evaluating = chunked(
    task(
      (chunk) => {
        begun.push(first(chunk));
        controller.abort(new Error("enough"));
        throw new Error("broken");
      },
      { signal: controller.signal },
    ),
    [2],
  );
  await expect(evaluating).rejects.toThrow("enough");
  expect(begun).toEqual([0]);
});

it("cuts blocks along the first dimensions", () => {
  expect(blockShape([4, 10, 100], 150)).toEqual([1, 1, 100]);
  expect(blockShape([4, 10, 100], 2000)).toEqual([2, 10, 100]);
});

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { answeredTogether } from "../../src/node/answered-together.ts";

it("answers all of a turn at its end, in their order and without a promise between them", async () => {
  const seen: string[] = [];
  const ask = answeredTogether((name: string) => {
    seen.push(name);
    void Promise.resolve().then(() => seen.push(`after ${name}`));
  });
  const ended = turn();
  ask("a");
  await Promise.resolve();
  ask("b");
  process.nextTick(ask, "c");
  expect(seen).toEqual([]);
  await ended;
  await turn();
  expect(seen).toEqual(["a", "b", "c", "after a", "after b", "after c"]);
});

it("answers what is asked meanwhile in the next turn", async () => {
  const seen: number[] = [];
  const ask = answeredTogether((count: number) => {
    seen.push(count);
    if (count > 0) ask(count - 1);
  });
  ask(2);
  for (let turns = 1; turns <= 3; turns++) {
    await turn();
    expect(seen).toHaveLength(turns);
  }
  expect(seen).toEqual([2, 1, 0]);
});

it("answers each as a part of what asked for it, such as a span, also where another asked first", async () => {
  const span = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const ask = answeredTogether(() => void seen.push(span.getStore()));
  span.run("a", ask);
  span.run("b", ask);
  ask();
  await turn();
  span.run("c", ask);
  await turn();
  expect(seen).toEqual(["a", "b", undefined, "c"]);
});

it("comes before others who wait for the end of a turn as well, while it has something to answer", async () => {
  const seen: string[] = [];
  const ask = answeredTogether((name: string) => void seen.push(name));
  const slice = (left: number) => {
    seen.push("slice");
    if (left > 1) setImmediate(slice, left - 1);
    if (left > 2) ask("hit");
  };
  ask("hit");
  setImmediate(slice, 4);
  for (let turns = 0; turns < 4; turns++) await turn();
  expect(seen).toEqual(["hit", "slice", "hit", "slice", "hit", "slice", "slice"]);
});

it("keeps no process for what may come", async () => {
  const ask = answeredTogether(() => {});
  const others = process.getActiveResourcesInfo().filter((kind) => kind === "Immediate").length;
  ask();
  await turn();
  expect(process.getActiveResourcesInfo().filter((kind) => kind === "Immediate")).toHaveLength(others);
});

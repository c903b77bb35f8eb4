import { expect, it } from "vitest";
import { waitOrLeave } from "../src/shared-wait.ts";
import { deferred } from "../src/testing/index.ts";
import { unheardRejections } from "./support/unheard-rejections.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it.each(["before", "while"])(
  "leaves with the signal's reason and calls back, and nothing hears of a later failure, where it aborts %s it waits",
  async (when) => {
    const unheard = unheardRejections();
    const shared = deferred<void>();
    const abort = new AbortController();
    const left: unknown[] = [];
    if (when === "before") abort.abort("enough");
    const waiting = waitOrLeave(shared.promise, abort.signal, (reason) => left.push(reason));
    abort.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(left).toEqual(["enough"]);
    shared.reject(new Error("late"));
    await nextTurn();
    expect(unheard).toEqual([]);
  },
);

it("gives what comes, without a callback, whether there is a signal or not", async () => {
  for (const signal of [undefined, new AbortController().signal]) {
    let left = 0;
    expect(await waitOrLeave(Promise.resolve(7), signal, () => left++)).toBe(7);
    await expect(waitOrLeave(Promise.reject(new Error("no")), signal, () => left++)).rejects.toThrow("no");
    expect(left).toBe(0);
  }
});

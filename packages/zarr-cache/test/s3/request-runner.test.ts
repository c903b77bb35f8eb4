import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RequestRunner } from "../../src/s3/request-runner.ts";
import { RequestTurns } from "../../src/s3/request-turns.ts";
import { deferred, type FakeClock, fakeClock } from "../../src/testing/index.ts";

const SLOW_DOWN = Object.assign(new Error("slow down"), {
  Code: "SlowDown",
  $metadata: { httpStatusCode: 503 },
});

function runner({
  retries = 5,
  timeout = 1000,
  deadline = 60_000,
  random = (): number => 1,
  atOnce = 2,
  retryBudget = Number.POSITIVE_INFINITY,
} = {}) {
  const clock = fakeClock(0);
  const bounds = { retries, retryBudget, timeout, deadline, random, timers: clock.timers };
  return { clock, runner: new RequestRunner(bounds, new RequestTurns(atOnce)) };
}

/** Moves a clock by single milliseconds, so that what a timer begins goes on at its own moment. */
async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed++) {
    await setImmediate();
    clock.advance(1);
  }
  await setImmediate();
}

describe("attempts of a request", () => {
  it("are 50, 100, 200 … ms apart at most, no more than 2 s", async () => {
    const { clock, runner: it } = runner({ retries: 8 });
    const at: number[] = [];
    const running = it.run("Get", "demand", async () => {
      at.push(clock.now());
      throw SLOW_DOWN;
    });
    running.catch(() => {});
    await pass(clock, 7150);
    await expect(running).rejects.toBe(SLOW_DOWN);
    const pauses = at.slice(1).map((moment, i) => moment - (at[i] ?? 0));
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1600, 2000, 2000]);
  });

  it("come at random moments within that bound", async () => {
    for (const [fraction, second] of [
      [0.02, 1],
      [0.5, 25],
      [0.98, 49],
    ] as const) {
      const { clock, runner: it } = runner({ retries: 1, random: () => fraction });
      const at: number[] = [];
      const running = it.run("Get", "demand", async () => {
        at.push(clock.now());
        throw SLOW_DOWN;
      });
      running.catch(() => {});
      await pass(clock, 50);
      await expect(running).rejects.toBe(SLOW_DOWN);
      expect(at).toEqual([0, second]);
    }
  });

  it.each([
    [{ "retry-after": "3" }, [0, 3000]],
    [{ "retry-after": "0" }, [0, 50]],
    [{ "retry-after": "20" }, [0, 20_000]],
    [{ "retry-after": "21" }, [0]],
    [{ "retry-after": "Tue, 03 Mar 2026 10:00:02 GMT", date: "Tue, 03 Mar 2026 10:00:00 GMT" }, [0, 2000]],
    [{ "retry-after": "Tue, 03 Mar 2026 10:00:02 GMT" }, [0, 50]],
    [{ "retry-after": "soon" }, [0, 50]],
  ])("come no sooner than the server asks by %j", async (headers, moments) => {
    const failure = { ...SLOW_DOWN, $response: { headers } };
    const { clock, runner: it } = runner({ retries: 1 });
    const at: number[] = [];
    const running = it.run("Get", "demand", async () => {
      at.push(clock.now());
      throw failure;
    });
    running.catch(() => {});
    await pass(clock, 60);
    for (let passed = 60; passed < 20_000; passed += 10) {
      await setImmediate();
      clock.advance(10);
    }
    await expect(running).rejects.toBe(failure);
    expect(at).toEqual(moments);
  });

  it("end for all when their budget is used up, and begin anew with the first success", async () => {
    const { runner: it, clock } = runner({ retries: 2, retryBudget: 3 });
    let [attempts, failing] = [0, true];
    const ask = async () => {
      const running = it.run("Get", "demand", async () => {
        attempts++;
        if (failing) throw SLOW_DOWN;
      });
      running.catch(() => {});
      const before = attempts;
      await pass(clock, 200);
      await running.catch(() => {});
      return attempts - before;
    };
    // The first attempt of each is made before the count begins.
    expect([await ask(), await ask(), await ask()]).toEqual([2, 1, 0]);
    failing = false;
    for (let successes = 0; successes < 11; successes++) await ask();
    failing = true;
    expect([await ask(), await ask()]).toEqual([1, 0]);
  });

  it("end with the deadline, and tell what went wrong before", async () => {
    const { clock, runner: it } = runner({ deadline: 40, retries: 99 });
    const running = it.run("Get", "demand", () => Promise.reject(SLOW_DOWN));
    running.catch(() => {});
    await pass(clock, 40);
    await expect(running).rejects.toBe(SLOW_DOWN);
    expect(clock.pending).toBe(0);
  });

  it.each([
    { $metadata: { httpStatusCode: 403 }, Code: "AccessDenied" },
    { $metadata: { httpStatusCode: 501 }, Code: "NotImplemented" },
    new TypeError("a mistake of ours"),
  ])("are not repeated after what will not pass", async (failure) => {
    let attempts = 0;
    const running = runner().runner.run("Get", "demand", async () => {
      attempts += 1;
      throw failure;
    });
    await expect(running).rejects.toBe(failure);
    expect(attempts).toBe(1);
  });

  it("have a signal that aborts when their time is up, also where nobody heeds it", async () => {
    const { clock, runner: it } = runner({ retries: 0 });
    let signal: AbortSignal | undefined;
    const running = it.run("Get", "demand", (its) => {
      signal = its;
      return new Promise(() => {});
    });
    running.catch(() => {});
    await pass(clock, 1000);
    await expect(running).rejects.toMatchObject({ tag: "DeadlineError" });
    expect(signal?.aborted).toBe(true);
  });
});

describe("turns", () => {
  /** Work that runs until it is let go, and writes down when it began. */
  function workshop(atOnce: number) {
    const turns = new RequestTurns(atOnce);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const begin = (name: string, signal = new AbortController().signal) => {
      const gate = deferred<void>();
      ends.set(name, () => gate.resolve());
      return turns.take(name.startsWith("d") ? "demand" : "background", signal, () => {
        begun.push(name);
        return gate.promise;
      });
    };
    const end = async (name: string) => {
      ends.get(name)?.();
      for (let i = 0; i < 5; i++) await Promise.resolve();
    };
    return { begun, begin, end };
  }

  it("let readers go first, and leave them half of the places", async () => {
    const { begun, begin, end } = workshop(4);
    const all = ["b1", "b2", "b3", "d1", "d2", "d3"].map((name) => begin(name));
    expect(begun).toEqual(["b1", "b2", "d1", "d2"]);
    await end("b1");
    expect(begun.at(-1)).toBe("d3");
    await end("d1");
    expect(begun.at(-1)).toBe("b3");
    for (const name of begun) await end(name);
    await Promise.all(all);
  });

  it("keep one place for what nobody waits for, however many readers there are", async () => {
    const { begun, begin, end } = workshop(1);
    const all = ["d1", "d2", "d3", "b1", "b2"].map((name) => begin(name));
    await end("d1");
    expect(begun).toEqual(["d1", "b1"]);
    await end("b1");
    for (const name of ["b2", "d2", "d3"]) await end(name);
    for (const name of begun) await end(name);
    await Promise.all(all);
  });

  it("are lost by who leaves the line, and by nobody else", async () => {
    const { begun, begin, end } = workshop(1);
    const leaving = new AbortController();
    const first = begin("d1");
    const second = begin("d2", leaving.signal);
    const third = begin("d3");
    leaving.abort(new Error("left"));
    await expect(second).rejects.toThrow("left");
    await end("d1");
    await end("d3");
    await Promise.all([first, third]);
    expect(begun).toEqual(["d1", "d3"]);
  });
});

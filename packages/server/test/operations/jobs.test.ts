import { type Bulletin, Jobs, noBulletin, type ServedStore } from "@zarr-cache/server";
import { describe, expect, it } from "vitest";
import { deferred } from "zarr-cache/testing";
import type { Job, JobGround, JobWork } from "../../src/operations/job.ts";
import { testContext } from "../support/test-context.ts";

type Listener = (data: unknown, from: number) => void;

/** Work that records over what it was begun, and hangs until it is let go or aborted. */
function recordingWork() {
  const attempts: JobGround[] = [];
  const letGo = deferred<Record<string, unknown>>();
  const work: JobWork = (ground, _, signal) => {
    attempts.push(ground);
    return new Promise((resolve, reject) => {
      letGo.promise.then(resolve);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  return { attempts, letGo, work };
}

const ended = (jobs: Jobs, { id }: Job) =>
  new Promise<Job>((resolve) => {
    const tell = (job: Job | undefined) => job?.id === id && job.state !== "running" && resolve(job);
    jobs.onChange(tell);
    tell(jobs.get(id));
  });

const begun = async (store: string | null) => {
  const jobs = new Jobs(noBulletin, () => 0);
  const before = testContext();
  const recorded = recordingWork();
  const job = await jobs.begin(store === null ? "verify" : "warm", store, before, recorded.work);
  return { jobs, before, job, ...recorded };
};

it.each([["data"], [null]])(
  "goes on undisturbed where the next configuration has what it works on (%j)",
  async (store) => {
    const { jobs, before, job, attempts, letGo } = await begun(store);
    const end = ended(jobs, job);
    jobs.goOnOver({ cache: before.cache, stores: new Map(before.stores) });
    letGo.resolve({ done: 1 });
    expect(await end).toMatchObject({ state: "done", result: { done: 1 } });
    expect(attempts).toEqual([before]);
  },
);

it.each([["data"], [null]])(
  "begins again over what a reload has put in the place of what it works on (%j)",
  async (store) => {
    const { jobs, before, job, attempts, letGo } = await begun(store);
    const end = ended(jobs, job);
    const next = testContext();
    jobs.goOnOver(next);
    expect(jobs.get(job.id)?.state).toBe("running");
    letGo.resolve({});
    expect(await end).toMatchObject({ id: job.id, state: "done" });
    expect(attempts.map(({ cache }) => cache)).toEqual([before.cache, next.cache]);
  },
);

it("is cancelled where its store is not configured any more, also where it is begun after that", async () => {
  const { jobs, before, job, work, attempts } = await begun("data");
  const end = ended(jobs, job);
  const next: JobGround = { cache: before.cache, stores: new Map<string, ServedStore>() };
  jobs.goOnOver(next);
  const cancelled = { state: "cancelled", reason: "The store data is not configured any more." };
  expect(await end).toMatchObject(cancelled);
  const late = await jobs.begin("warm", "data", before, work);
  expect(await ended(jobs, late)).toMatchObject(cancelled);
  expect(attempts).toHaveLength(1);
});

it("hears of others until it is closed, and leaves nothing that listens", () => {
  const listening = new Set<string>();
  const listen = (topic: string) => {
    listening.add(topic);
    return () => void listening.delete(topic);
  };
  const jobs = new Jobs({ ...noBulletin, on: listen, onEnded: () => listen("ended") }, () => 0);
  expect([...listening]).toEqual(expect.arrayContaining(["job", "ended"]));
  jobs.close();
  expect([...listening]).toEqual([]);
});

describe("in several processes", () => {
  const LOST = { state: "failed", reason: "The process that did it has ended.", endedAt: expect.any(String) };

  it("is known everywhere by the time that it has begun", async () => {
    const heard = deferred<void>();
    const { begin } = serverOf(2, () => heard.promise);
    const [one, other] = [begin(), begin()];
    const begun = one.begin("warm", "data", testContext(), recordingWork().work);
    const first = await Promise.race([begun, new Promise((resolve) => setImmediate(resolve, "waits"))]);
    expect(first).toBe("waits");
    heard.resolve();
    const { id } = await begun;
    expect(other.get(id)).toMatchObject({ kind: "warm", store: "data", state: "running" });
  });

  it("fails with its process, for all who knew of it, and for who follows it", async () => {
    const { begin, end } = serverOf(3);
    const [one, ...others] = [begin(), begin(), begin()];
    const lost = await one.begin("verify", null, testContext(), recordingWork().work);
    const own = await others[0]?.begin("verify", null, testContext(), recordingWork().work);
    const followed = ended(others[1] as Jobs, lost);
    end(1);
    expect(await followed).toMatchObject(LOST);
    for (const other of others) {
      expect(other.get(lost.id)).toMatchObject(LOST);
      expect(other.get(own?.id as string)?.state).toBe("running");
    }
  });

  it("stays as it ended, although its process ends later", async () => {
    const { begin, end } = serverOf(2);
    const [one, other] = [begin(), begin()];
    const job = await one.begin("verify", null, testContext(), async () => ({ checked: 1 }));
    const done = await ended(other, job);
    end(1);
    expect(other.get(job.id)).toEqual(done);
    expect(done).toMatchObject({ state: "done", result: { checked: 1 } });
  });

  it("is known to a process that begins later, and lost to it too", async () => {
    const { begin, end, say } = serverOf(4);
    const [one, other] = [begin(), begin()];
    const lost = await one.begin("verify", null, testContext(), recordingWork().work);
    const kept = await other.begin("verify", null, testContext(), recordingWork().work);
    const third = begin();
    await third.join();
    expect(third.list()).toEqual(other.list());
    end(1);
    const fourth = begin();
    await fourth.join();
    for (const later of [third, fourth]) {
      expect(later.get(lost.id)).toMatchObject(LOST);
      expect(later.get(kept.id)?.state).toBe("running");
    }
    // Another may have told of a job before it heard of the end.
    say(2, "jobs", [{ job: { ...lost, id: "another" }, process: 1 }]);
    expect(third.get("another")).toMatchObject(LOST);
  });
});

/** Processes of one server, each of which begins when it is asked to. `heard`: when what is announced was heard. */
function serverOf(most: number, heard = async () => {}) {
  const processes = new Map<number, { topics: Map<string, Listener[]>; ended: ((of: number) => void)[] }>();
  const say = (from: number, topic: string, data: unknown) => {
    for (const [to, { topics }] of processes)
      if (to !== from) for (const hear of topics.get(topic) ?? []) hear(structuredClone(data), from);
  };
  const begin = (): Jobs => {
    const self = processes.size + 1;
    expect(self).toBeLessThanOrEqual(most);
    const own = { topics: new Map<string, Listener[]>(), ended: [] as ((of: number) => void)[] };
    processes.set(self, own);
    const bulletin: Bulletin = {
      self,
      post: (topic, data) => say(self, topic, data),
      announce: async (topic, data) => {
        say(self, topic, data);
        await heard();
      },
      on(topic, listener) {
        own.topics.set(topic, [...(own.topics.get(topic) ?? []), listener]);
        return () => {};
      },
      onEnded(listener) {
        own.ended.push(listener);
        return () => {};
      },
    };
    return new Jobs(bulletin, () => 0);
  };
  const end = (process: number) => {
    const gone = processes.get(process);
    gone?.topics.clear();
    for (const [other, { ended: listeners }] of processes)
      if (other !== process) for (const hear of listeners) hear(process);
  };
  return { begin, end, say };
}

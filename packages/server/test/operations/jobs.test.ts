import { type Bulletin, Jobs, noBulletin, type ServedStore } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { deferred } from "zarr-cache/testing";
import type { Job, JobGround, JobWork } from "../../src/operations/job.ts";
import { testContext } from "../support/test-context.ts";

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
    jobs.onChange((job) => job.id === id && job.state !== "running" && resolve(job));
  });

const begun = async (store: string | null) => {
  const jobs = new Jobs(noBulletin, () => 0);
  const before = testContext();
  const recorded = recordingWork();
  const job = jobs.begin(store === null ? "verify" : "warm", store, before, recorded.work);
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
  const late = jobs.begin("warm", "data", before, work);
  expect(await ended(jobs, late)).toMatchObject(cancelled);
  expect(attempts).toHaveLength(1);
});

it("hears of others until it is closed, and leaves nothing that listens", () => {
  const listening = new Set<string>();
  const bulletin: Bulletin = {
    ...noBulletin,
    on(topic) {
      listening.add(topic);
      return () => void listening.delete(topic);
    },
  };
  const jobs = new Jobs(bulletin, () => 0);
  expect([...listening]).toContain("job");
  jobs.close();
  expect([...listening]).toEqual([]);
});

import { Coordinates } from "@zarr-cache/arrays";
import type { Redis } from "ioredis";
import type { ResultCache } from "zarr-cache/memo";
import { pointsAsked } from "../points-asked.ts";
import type { Admission, Admitted } from "./admission.ts";
import { isWanted } from "./announced-evaluation.ts";
import { JOB_FORMAT, type Job, type JobAnswer } from "./job.ts";
import { SharedResults } from "./shared-results.ts";

/** What a worker answers chunks with. */
export interface ChunkTools {
  readonly client: Redis;
  readonly admission: Admission;
  readonly cache: ResultCache;
  readonly maxPoints: number;
}

/** How often it is looked whether somebody still wants what is being evaluated, in milliseconds. */
const LOOK_EVERY = 1000;

/** Evaluates a chunk and keeps it; ends as soon as nobody wants it. Rejects where it fails, or with the reason of the signal. */
export async function answerChunk(
  { id, job }: { readonly id: string; readonly job: Job },
  tools: ChunkTools,
  signal: AbortSignal,
): Promise<JobAnswer> {
  const { client, admission, maxPoints } = tools;
  if (job.format !== JOB_FORMAT)
    return {
      state: "refused",
      reason: `chunks are asked for in format ${job.format}, and this worker knows format ${JOB_FORMAT}: install the same version of @zarr-cache/nodes at both`,
    };
  const admitted = await admission.of(job.evaluation);
  if (!admitted || !(await isWanted(client, job.evaluation))) return { state: "unwanted" };
  if ("reason" in admitted) return { state: "refused", reason: admitted.reason };
  const points = pointsAsked(job.coordinates);
  if (points > maxPoints)
    return { state: "refused", reason: `a chunk has at most ${maxPoints} points here, not ${points}` };
  const coordinates = Coordinates.fromDefinition(job.coordinates);
  const unwanted = new AbortController();
  const timer = setInterval(() => {
    isWanted(client, job.evaluation).then(
      (still) => still || unwanted.abort(),
      () => {},
    );
  }, LOOK_EVERY);
  try {
    return await keptValues(admitted, coordinates, { id, cache: tools.cache }, [signal, unwanted.signal]);
  } catch (error) {
    if (unwanted.signal.aborted && !signal.aborted) return { state: "unwanted" };
    throw error;
  } finally {
    clearInterval(timer);
  }
}

async function keptValues(
  { node, record }: Exclude<Admitted, { reason: string }>,
  coordinates: Coordinates,
  { id, cache }: { readonly id: string; readonly cache: ResultCache },
  signals: readonly AbortSignal[],
): Promise<JobAnswer> {
  const { params, storeId, cache: use } = record;
  const results = await SharedResults.of(node, { cache, storeId, params });
  const array = await node.eval(coordinates, { params, cache: use, signal: AbortSignal.any([...signals]) });
  const key = results.keyOf(coordinates);
  if (use !== "bypass" && (await results.has(key))) return { state: "kept", key };
  const lent = await results.lend(id, array);
  return lent ? { state: "kept", key: lent, lent: true } : { state: "unkept" };
}

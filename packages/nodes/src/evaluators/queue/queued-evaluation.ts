import { randomUUID } from "node:crypto";
import { type Coordinates, hashOf, type UnitsDataArray } from "@zarr-cache/arrays";
import { EvaluationError } from "../../errors.ts";
import type { EvaluationTask } from "../evaluator.ts";
import { AnnouncedEvaluation } from "./announced-evaluation.ts";
import { type EvaluationRecord, JOB_FORMAT } from "./job.ts";
import type { Outcome, QueueLine } from "./queue-line.ts";
import { SharedResults, settingsHash } from "./shared-results.ts";

/** The largest request that is looked up as one result. */
const MOST_POINTS = 2 ** 20;

/** What is needed once there is something to compute. */
interface Underway {
  readonly line: QueueLine;
  readonly announced: AnnouncedEvaluation;
  readonly stop: () => void;
}

/** One evaluation through a queue, chunk by chunk. It is announced in Redis with the first chunk that is not kept. */
export class QueuedEvaluation {
  readonly #task: EvaluationTask;
  readonly #results: SharedResults;
  readonly #record: EvaluationRecord;
  /** What the keys of its jobs follow from; results that are made anew are nobody else's. */
  readonly #subject: string;
  readonly #id: string = randomUUID();
  readonly #open: () => Promise<QueueLine>;
  readonly #given = new Set<string>();
  #underway: Promise<Underway> | undefined;
  /** Why no chunk can be evaluated any more. */
  #end: { readonly error: unknown } | undefined;

  private constructor(
    task: EvaluationTask,
    open: () => Promise<QueueLine>,
    results: SharedResults,
    record: EvaluationRecord,
  ) {
    this.#task = task;
    this.#open = open;
    this.#results = results;
    this.#record = record;
    this.#subject = hashOf([JSON.stringify(record), record.cache === "use" ? "" : this.#id]);
  }

  /** Begins it; a node without a cache is an error. */
  static async of(task: EvaluationTask, open: () => Promise<QueueLine>): Promise<QueuedEvaluation> {
    const { node, params, cache: use, definition } = task;
    const { cache, storeId = "nodes" } = node.environment;
    if (!cache)
      throw new EvaluationError(
        `${node.type} has no cache, and results of a queue meet in the cache that its workers share: node.using({ cache })`,
      );
    const results = await SharedResults.of(node, { cache, storeId, params });
    const record = { definition, params, cache: use, storeId, settings: settingsHash(node) };
    return new QueuedEvaluation(task, open, results, record);
  }

  /** What is kept under exactly these coordinates, if cached results may be used. */
  async known(coordinates: Coordinates): Promise<UnitsDataArray | undefined> {
    if (this.#task.cache !== "use" || coordinates.size > MOST_POINTS) return undefined;
    return this.#results.read(this.#results.keyOf(coordinates));
  }

  /** The values of a chunk, by a worker unless they are known. */
  async evaluate(chunk: Coordinates): Promise<UnitsDataArray> {
    const { signal, local } = this.#task;
    const known = await this.known(chunk);
    if (known) return known;
    if (this.#end) throw this.#end.error;
    this.#underway ??= this.#begin();
    const { line, announced } = await this.#underway;
    const id = hashOf([this.#subject, chunk.hash]);
    this.#given.add(id);
    const job = { format: JOB_FORMAT, evaluation: announced.id, coordinates: chunk.definition } as const;
    for (;;) {
      const outcome = await line.run(id, job, signal).catch((error: unknown) => {
        this.#end ??= { error };
        throw error;
      });
      if (outcome.state === "unwanted") await announced.write().catch(() => {});
      else if (outcome.state !== "gone") {
        this.#given.delete(id);
        return (await this.#taken(outcome)) ?? local(chunk);
      }
    }
  }

  /** Says that nobody waits for it any more, and takes back what nobody has begun. */
  async end(): Promise<void> {
    const underway = await this.#underway?.catch(() => undefined);
    if (!underway) return;
    const { line, announced, stop } = underway;
    stop();
    await announced.end();
    await line.takeBack(this.#given);
  }

  async #begin(): Promise<Underway> {
    const line = await this.#open();
    const announced = new AnnouncedEvaluation(line.client, this.#id, this.#record);
    await announced.write();
    return { line, announced, stop: line.keep(() => announced.renew()) };
  }

  /** The values that an answer speaks of; undefined where nobody has them any more. */
  async #taken(
    outcome: Exclude<Outcome, { state: "gone" | "unwanted" }>,
  ): Promise<UnitsDataArray | undefined> {
    if (outcome.state === "failed") throw new EvaluationError(`A worker failed: ${outcome.reason}`);
    if (outcome.state === "refused") {
      const error = new EvaluationError(`A worker refused the pipeline: ${outcome.reason}`);
      this.#end ??= { error };
      throw error;
    }
    if (outcome.state === "unkept") return undefined;
    const values = await this.#results.read(outcome.key);
    // What others may have asked for as well expires by itself.
    if (outcome.lent && this.#record.cache !== "use") await this.#results.drop(outcome.key);
    return values;
  }
}

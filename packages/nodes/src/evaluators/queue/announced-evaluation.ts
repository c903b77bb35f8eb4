import type { Redis } from "ioredis";
import type { EvaluationRecord } from "./job.ts";
import { PREFIX } from "./queue-location.ts";

/** How long a record outlives whoever asks, in milliseconds. */
const LIFETIME = 30_000;

/** The record of an evaluation in Redis, which is gone soon after whoever asks is. */
export class AnnouncedEvaluation {
  readonly id: string;
  readonly #client: Redis;
  readonly #text: string;
  #ended = false;

  constructor(client: Redis, id: string, record: EvaluationRecord) {
    this.#client = client;
    this.id = id;
    this.#text = JSON.stringify(record);
  }

  /** Writes it, or writes it anew where Redis has lost it. */
  async write(): Promise<void> {
    if (!this.#ended) await this.#client.set(keyOf(this.id), this.#text, "PX", LIFETIME);
  }

  /** Says that it is still wanted. */
  async renew(): Promise<void> {
    if (!this.#ended && (await this.#client.pexpire(keyOf(this.id), LIFETIME)) === 0) await this.write();
  }

  /** Says that it is not wanted any more; where Redis is away it finds out by itself. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#client.del(keyOf(this.id)).catch(() => {});
  }
}

/** The bytes of a record, or undefined where nobody wants the evaluation any more. */
export async function sizeOfRecord(client: Redis, id: string): Promise<number | undefined> {
  const size = await client.strlen(keyOf(id));
  return size === 0 ? undefined : size;
}

/** The record of an evaluation, if somebody still wants it. */
export async function readRecord(client: Redis, id: string): Promise<EvaluationRecord | undefined> {
  const text = await client.get(keyOf(id));
  return text === null ? undefined : JSON.parse(text);
}

/** Whether somebody still wants an evaluation. */
export async function isWanted(client: Redis, id: string): Promise<boolean> {
  return (await client.exists(keyOf(id))) === 1;
}

function keyOf(id: string): string {
  return `${PREFIX}.evaluation:${id}`;
}

import type { Redis } from "ioredis";
import type { NodeRegistry } from "../../definition/registry.ts";
import { isNodesError } from "../../errors.ts";
import type { Environment } from "../../node/environment.ts";
import { Node } from "../../node/node.ts";
import { type Allowed, permission } from "../allowed.ts";
import { readRecord, sizeOfRecord } from "./announced-evaluation.ts";
import type { EvaluationRecord } from "./job.ts";
import { settingsHash } from "./shared-results.ts";

/** What a worker admits. */
export interface AdmissionOptions {
  readonly registry: NodeRegistry;
  readonly allow: Allowed;
  readonly environment: Environment;
  readonly maxDefinitionBytes: number;
}

/** An evaluation that may be made here, or why it may not. */
export type Admitted =
  | { readonly node: Node; readonly record: EvaluationRecord }
  | { readonly reason: string };

/** Evaluations whose pipelines are remembered. */
const MOST_REMEMBERED = 16;

/** Decides which evaluations a worker makes, each once. A definition is read with the registry alone. */
export class Admission {
  readonly #client: Redis;
  readonly #options: AdmissionOptions;
  readonly #isAllowed: (hash: string) => Promise<boolean>;
  readonly #known = new Map<string, Admitted>();

  constructor(client: Redis, options: AdmissionOptions) {
    this.#client = client;
    this.#options = options;
    this.#isAllowed = permission(options.allow);
  }

  /** The evaluation of an id; undefined where nobody wants it any more. */
  async of(id: string): Promise<Admitted | undefined> {
    const known = this.#known.get(id);
    if (known) return known;
    const admitted = await this.#decide(id);
    if (!admitted) return undefined;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(id, admitted);
    return admitted;
  }

  async #decide(id: string): Promise<Admitted | undefined> {
    const { registry, environment, maxDefinitionBytes } = this.#options;
    const size = await sizeOfRecord(this.#client, id);
    if (size === undefined) return undefined;
    if (size > maxDefinitionBytes)
      return { reason: `a definition has at most ${maxDefinitionBytes} bytes here, not ${size}` };
    const record = await readRecord(this.#client, id);
    if (!record) return undefined;
    try {
      const { storeId } = record;
      const node = Node.fromDefinition(record.definition, registry).using({ ...environment, storeId });
      if (!(await this.#isAllowed(node.hash))) return { reason: `${node.hash} is not allowed here` };
      if (settingsHash(node) !== record.settings)
        return { reason: "the settings of its types are others here than where it is asked for" };
      return { node, record };
    } catch (error) {
      if (!isNodesError(error)) throw error;
      return { reason: `${error.message} (written by version ${writerOf(record)})` };
    }
  }
}

function writerOf({ definition }: EvaluationRecord): string {
  const { version } = Object(definition);
  return typeof version === "string" ? version.slice(0, 40) : "unknown";
}

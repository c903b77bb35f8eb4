import type { MaybePromise } from "zarr-cache";
import type { ServedStore, ServerContext } from "../context.ts";
import { type Answer, type AnswerHeaders, answerWith } from "../http/answer.ts";
import type { Asked } from "../http/asked.ts";
import { refusalAnswer } from "../http/authorize.ts";
import { corsOf } from "../http/cors.ts";
import { failureAnswer } from "../http/failure.ts";
import { problemAnswer } from "../http/problem.ts";
import type { StorePath } from "../http/store-path.ts";
import { ValueHeaders } from "./describe-value.ts";
import { KnownSizes } from "./known-sizes.ts";
import { isPromise } from "./read-value.ts";
import { getValue, headValue, type Serving } from "./serve-value.ts";

/** What is read: a key of a store. */
export type KeyPath = Extract<StorePath, { kind: "key" }>;

/** Answers reads of the stores of a context: the one place that does, whichever way a request came in. */
export class StoreReads {
  readonly #context: Pick<ServerContext, "access" | "log">;
  readonly #stores: Map<string, Serving>;
  /** Headers for pages of an origin. */
  readonly cors: (origin: string | null) => AnswerHeaders;

  constructor(context: Pick<ServerContext, "stores" | "access" | "log" | "cors">) {
    this.#context = context;
    this.cors = corsOf(context.cors);
    const unasked = this.cors(null);
    this.#stores = new Map([...context.stores].map(([id, served]) => [id, servingOf(served, unasked)]));
  }

  /** Answers `GET` or `HEAD` for a key; in the same turn where memory has the answer. */
  answer(asked: Asked, { id, key }: KeyPath): MaybePromise<Answer> {
    const headers = this.cors(asked.headers.get("origin"));
    const failed = (error: unknown) => answerWith(failureAnswer(error, asked, this.#context.log), headers);
    try {
      const refused = refusalAnswer(this.#context, asked, "read", id);
      if (refused !== undefined) return answerWith(refused, headers);
      const serving = this.serving(id, headers);
      if (serving === undefined) return answerWith(noStore(id), headers);
      const answer = asked.method === "HEAD" ? headValue(serving, key, asked) : getValue(serving, key, asked);
      return isPromise(answer) ? answer.then(undefined, failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }

  /** What a store is served with; `undefined` where there is none of that id. */
  serving(id: string, headers: AnswerHeaders): Serving | undefined {
    const serving = this.#stores.get(id);
    // Mostly the same headers for all.
    return serving === undefined || serving.headers === headers ? serving : { ...serving, headers };
  }
}

/** The answer where there is no store of an id. */
export function noStore(id: string): Answer {
  return problemAnswer(404, `There is no store "${id}".`);
}

function servingOf(served: ServedStore, headers: AnswerHeaders): Serving {
  const { store, source, caching } = served;
  const [sizes, described] = [new KnownSizes(store, source), new ValueHeaders(caching)];
  return { served, sizes, described, headers };
}

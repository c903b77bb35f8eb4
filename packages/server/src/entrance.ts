import type { MaybePromise } from "zarr-cache";
import type { ServerContext } from "./context.ts";
import { Guard } from "./guard/guard.ts";
import { type Answer, answerWith } from "./http/answer.ts";
import type { Asked } from "./http/asked.ts";
import { corsOf } from "./http/cors.ts";
import { RequestCounter } from "./operations/request-counts.ts";
import { RequestTracer, type TracedRequest } from "./operations/tracing.ts";
import { isPromise } from "./stores/read-value.ts";
import { VERSION } from "./version.ts";

/** What the entrance works with. */
export type EntranceContext = Pick<
  ServerContext,
  "telemetry" | "requests" | "accessLog" | "clientAddress" | "limits" | "clock" | "hosts" | "cors"
>;

/** What every request passes, whichever way it came in: it is traced, counted, logged, and may be refused. */
export class Entrance {
  readonly #context: EntranceContext;
  readonly #guard: Guard;
  readonly #cors: ReturnType<typeof corsOf>;
  readonly #counter: RequestCounter;
  readonly #tracer: RequestTracer | undefined;

  constructor(context: EntranceContext) {
    this.#context = context;
    this.#guard = new Guard(context);
    this.#cors = corsOf(context.cors);
    this.#counter = new RequestCounter(context.requests);
    this.#tracer = context.telemetry && new RequestTracer(context.telemetry, VERSION);
  }

  /** Has a request answered, unless it is refused. In the same turn where `answer` does. */
  pass(asked: Asked, answer: () => MaybePromise<Answer>): MaybePromise<Answer> {
    const startedAt = performance.now();
    const traced = this.#tracer?.begin(asked);
    const refused = this.#refusal(asked);
    if (refused !== undefined) return this.#answered(asked, refused, startedAt, traced);
    this.#guard.enter();
    let made: MaybePromise<Answer>;
    try {
      made = traced === undefined ? answer() : traced.within(answer);
      if (isPromise(made)) return this.#answeredLater(asked, made, startedAt, traced);
    } catch (error) {
      this.#guard.leave();
      traced?.end();
      throw error;
    }
    this.#guard.leave();
    return this.#answered(asked, made, startedAt, traced);
  }

  /** Pages that may read the stores also read why not, and when to come back. */
  #refusal(asked: Asked): Answer | undefined {
    const refused = this.#guard.refusal(asked);
    if (refused === undefined || !asked.path.startsWith("/stores/")) return refused;
    return answerWith(refused, this.#cors(asked.headers.get("origin")));
  }

  async #answeredLater(
    asked: Asked,
    made: PromiseLike<Answer>,
    startedAt: number,
    traced: TracedRequest | undefined,
  ): Promise<Answer> {
    try {
      return this.#answered(asked, await made, startedAt, traced);
    } catch (error) {
      traced?.end();
      throw error;
    } finally {
      this.#guard.leave();
    }
  }

  #answered(asked: Asked, answer: Answer, startedAt: number, traced: TracedRequest | undefined): Answer {
    const milliseconds = performance.now() - startedAt;
    this.#counter.count(asked.path, asked.method, answer.status, milliseconds / 1000);
    this.#context.accessLog?.answered(asked, answer, milliseconds);
    traced?.end(answer);
    return answer;
  }
}

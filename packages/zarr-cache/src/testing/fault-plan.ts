import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import { deferred } from "./deferred.ts";

/**
 * What goes wrong with a call:
 *
 * - `fail`: the work is not done and the call rejects.
 * - `loseReply`: the work is done and the call rejects all the same, as when a connection breaks.
 * - `hang`: the work is not done and the call never ends, or rejects when its signal aborts or the plan lets go.
 * - `delay`: the work waits for `until`.
 * - `truncate`: bytes come back without their last one.
 * - `flipBit`: bytes come back with one bit changed.
 */
export type FaultKind = "fail" | "loseReply" | "hang" | "delay" | "truncate" | "flipBit";

/** One rule of a {@link FaultPlan}. */
export interface Fault {
  readonly kind: FaultKind;
  /** The operations that it strikes, such as `"get"`; default: all. */
  readonly on?: string | readonly string[];
  /** Strikes this many calls, then no more; default: all while the rule is there. */
  readonly times?: number;
  /** Strikes every n-th call only, beginning with the n-th. */
  readonly every?: number;
  /** What `fail` and `loseReply` reject with. */
  readonly error?: unknown;
  /** What `delay` waits for; a test resolves it. */
  readonly until?: PromiseLike<unknown>;
}

/** What a call is, for {@link FaultPlan.run}. */
export interface FaultyCall<T> {
  readonly operation: string;
  readonly work: () => MaybePromise<T>;
  /** Changes the bytes of an answer; without it answers cannot be spoilt. */
  readonly spoil?: (answer: T, change: (bytes: Uint8Array) => Uint8Array) => T;
  /** Ends a hanging call. */
  readonly signal?: AbortSignal | undefined;
}

/** Decides which calls of a wrapped thing go wrong, and counts them all. A test drives it as it goes. */
export interface FaultPlan {
  /** Adds a rule; the first rule that matches a call decides. Returns the way to take it back. */
  add(fault: Fault): () => void;
  /** Takes back every rule. Calls that hang go on hanging. */
  clear(): void;
  /** Rejects every call that hangs. */
  letGo(): void;
  /** Calls so far, of one operation or of all. */
  calls(operation?: string): number;
  /** Calls that a rule struck. */
  readonly struck: number;
  /** Calls that have not ended. */
  readonly inFlight: number;
  /** Most calls that were in flight at once. */
  readonly maxInFlight: number;
  /** Runs one call under the plan; what the wrappers use. At once where the work is, unless a rule strikes. */
  run<T>(call: FaultyCall<T>): MaybePromise<T>;
}

/** The error of a fault that names none of its own. */
export class InjectedFault extends Error {
  override readonly name = "InjectedFault";
}

interface Rule {
  readonly fault: Fault;
  seen: number;
  left: number;
}

/** Makes a plan without rules: everything works. */
export function faultPlan(): FaultPlan {
  const rules = new Set<Rule>();
  const counts = new Map<string, number>();
  const hanging = new Set<(reason: unknown) => void>();
  let struck = 0;
  let inFlight = 0;
  let maxInFlight = 0;

  const strike = (operation: string): Fault | undefined => {
    for (const rule of rules) {
      const { on, every } = rule.fault;
      if (on !== undefined && !(typeof on === "string" ? on === operation : on.includes(operation))) continue;
      rule.seen += 1;
      if (rule.left <= 0 || (every !== undefined && rule.seen % every !== 0)) continue;
      rule.left -= 1;
      struck += 1;
      return rule.fault;
    }
    return undefined;
  };

  const hang = async (signal: AbortSignal | undefined): Promise<never> => {
    const { promise, reject } = deferred<never>();
    const leave = () => reject(signal?.reason);
    hanging.add(reject);
    signal?.addEventListener("abort", leave, { once: true });
    if (signal?.aborted) leave();
    try {
      return await promise;
    } finally {
      hanging.delete(reject);
      signal?.removeEventListener("abort", leave);
    }
  };

  const suffer = async <T>({ operation, work, spoil, signal }: FaultyCall<T>, fault: Fault): Promise<T> => {
    const { kind, error = new InjectedFault(`${operation} was made to ${kind}`) } = fault;
    if (kind === "hang") return hang(signal);
    if (kind === "fail") throw error;
    if (kind === "delay") await fault.until;
    const answer = await work();
    if (kind === "loseReply") throw error;
    if (kind === "truncate") return spoil ? spoil(answer, withoutLastByte) : answer;
    if (kind === "flipBit") return spoil ? spoil(answer, withOneBitFlipped) : answer;
    return answer;
  };

  const end = () => {
    inFlight -= 1;
  };

  return {
    add(fault) {
      const rule: Rule = { fault, seen: 0, left: fault.times ?? Number.POSITIVE_INFINITY };
      rules.add(rule);
      return () => rules.delete(rule);
    },
    clear: () => rules.clear(),
    letGo() {
      for (const reject of hanging) reject(new InjectedFault("a hanging call was let go"));
    },
    calls(operation) {
      if (operation !== undefined) return counts.get(operation) ?? 0;
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    },
    get struck() {
      return struck;
    },
    get inFlight() {
      return inFlight;
    },
    get maxInFlight() {
      return maxInFlight;
    },
    run(call) {
      counts.set(call.operation, (counts.get(call.operation) ?? 0) + 1);
      inFlight += 1;
      maxInFlight = Math.max(maxInFlight, inFlight);
      const fault = strike(call.operation);
      let answer: ReturnType<typeof call.work>;
      try {
        answer = fault === undefined ? call.work() : suffer(call, fault);
      } catch (error) {
        end();
        throw error;
      }
      if (!isPromise(answer)) {
        end();
        return answer;
      }
      return Promise.resolve(answer).finally(end);
    },
  };
}

function withoutLastByte(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, Math.max(0, bytes.byteLength - 1));
}

function withOneBitFlipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const middle = copy.byteLength >> 1;
  if (copy.byteLength > 0) copy[middle] = (copy[middle] ?? 0) ^ 0x10;
  return copy;
}

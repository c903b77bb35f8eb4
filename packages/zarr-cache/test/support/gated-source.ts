import { type Deferred, deferred } from "../../src/testing/index.ts";

/** One read that waits at the gate. */
export interface WaitingRead extends Deferred<Uint8Array | undefined> {
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

/** A source whose reads wait until the test answers them, one by one. */
export interface GatedSource {
  /** Reads so far, answered or not. */
  readonly reads: readonly WaitingRead[];
  get(key: string, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array | undefined>;
  /** Resolves with the n-th read, counted from 0, once it has come. */
  arrived(n: number): Promise<WaitingRead>;
}

/** Makes a {@link GatedSource}. A read whose signal aborts is rejected with the reason, as `fetch` does. */
export function gatedSource(): GatedSource {
  const reads: WaitingRead[] = [];
  const awaited = new Map<number, Deferred<WaitingRead>>();
  return {
    reads,
    get(key, options) {
      const read = { key, signal: options?.signal, ...deferred<Uint8Array | undefined>() };
      read.signal?.addEventListener("abort", () => read.reject(read.signal?.reason), { once: true });
      reads.push(read);
      awaited.get(reads.length - 1)?.resolve(read);
      return read.promise;
    },
    async arrived(n) {
      const read = reads[n];
      if (read !== undefined) return read;
      const wait = awaited.get(n) ?? deferred<WaitingRead>();
      awaited.set(n, wait);
      return wait.promise;
    },
  };
}

/** Requests for objects of known size, in order. */
export interface Trace {
  readonly name: string;
  /** Number of the object that each request asks for; objects are numbered from 0 by their first request. */
  readonly requests: Int32Array;
  /** Bytes of each object, by number. An object whose size changes keeps its first one. */
  readonly sizes: Float64Array;
  /** Bytes of all objects together. */
  readonly footprint: number;
}

/** Collects requests into a {@link Trace}. */
export class TraceBuilder {
  readonly #numbers = new Map<string | number | bigint, number>();
  readonly #requests: number[] = [];
  readonly #sizes: number[] = [];

  /** Appends one request. Objects of no bytes count as one byte. */
  add(id: string | number | bigint, size: number): void {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.#sizes.length;
      this.#numbers.set(id, number);
      this.#sizes.push(Math.max(1, size));
    }
    this.#requests.push(number);
  }

  build(name: string): Trace {
    const sizes = Float64Array.from(this.#sizes);
    const footprint = sizes.reduce((sum, size) => sum + size, 0);
    return { name, requests: Int32Array.from(this.#requests), sizes, footprint };
  }
}

/** The same trace, cut after a number of requests; for a quick look. */
export function shorten(trace: Trace, requests: number): Trace {
  if (trace.requests.length <= requests) return trace;
  const builder = new TraceBuilder();
  for (const number of trace.requests.subarray(0, requests)) builder.add(number, trace.sizes[number] ?? 1);
  return builder.build(trace.name);
}

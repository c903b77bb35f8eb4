import { Slots } from "./slots.ts";

/** How many suffix reads may fail without an answer, where a size and a range then succeed, before no more are tried. */
const SUFFIX_TRIALS = 2;

/** What is known of a server, by all sources of this process that read from it. */
export class Origin {
  readonly slots: Slots = new Slots();
  #honoursSuffixes: boolean | undefined;
  #failedSuffixes = 0;

  /** Whether it answers suffix ranges (`bytes=-n`), which RFC 9110 lets it ignore; `undefined` before the first. */
  get honoursSuffixes(): boolean | undefined {
    return this.#honoursSuffixes;
  }

  learnSuffixes(honoured: boolean): void {
    // One that has honoured a suffix is not given up for a single odd answer.
    if (honoured || this.#honoursSuffixes === undefined) this.#honoursSuffixes = honoured;
  }

  /** A suffix read failed where a plain range succeeded: in a browser, a server that forbids it looks so. */
  blameSuffix(): void {
    if (++this.#failedSuffixes >= SUFFIX_TRIALS) this.learnSuffixes(false);
  }
}

const ORIGINS = new Map<string, Origin>();

/** The one record of a server in this process. */
export function originOf(origin: string): Origin {
  const known = ORIGINS.get(origin);
  if (known !== undefined) return known;
  const made = new Origin();
  ORIGINS.set(origin, made);
  return made;
}

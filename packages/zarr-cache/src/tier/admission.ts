import { classOf } from "../key.ts";
import { type Part, partId } from "../part.ts";
import { RecentlyAsked } from "./recently-asked.ts";

/** What a tier takes in. */
export interface AdmissionTerms {
  /**
   * Whether a value is kept when it is read for the first time, or when it is read again soon after. The second keeps
   * what is read only once from being written, where writing costs money or wears a disk out.
   */
  readonly admitOn: "first-request" | "second-request";
  /** Milliseconds that getting a value again must take for it to be kept. */
  readonly minCost: number;
}

/** Decides what of that which was read a tier keeps at all. Metadata and missing keys are small, and always kept. */
export class Admission {
  readonly #terms: AdmissionTerms;
  readonly #asked: RecentlyAsked | undefined;

  constructor(terms: AdmissionTerms) {
    this.#terms = terms;
    this.#asked = terms.admitOn === "second-request" ? new RecentlyAsked() : undefined;
  }

  /** Whether a value that was just read is to be kept; remembers that it was read. */
  admits(part: Part, value: Uint8Array | undefined, cost: number): boolean {
    if (value === undefined || classOf(part.key) === "metadata") return true;
    if (cost < this.#terms.minCost) return false;
    return this.#asked === undefined || this.#asked.note(partId(part));
  }
}

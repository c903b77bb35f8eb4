import type { ConfirmedFacts, Fill, FillFacts, PassReason } from "zarr-cache";

/** A fill of the region's own tiers that tells of what was kept. */
export class AnnouncingFill implements Fill {
  readonly state = "fill";
  readonly signal: AbortSignal;
  readonly #fill: Fill;
  readonly #kept: (value: Uint8Array | undefined, facts: Partial<FillFacts>) => void;

  constructor(fill: Fill, kept: (value: Uint8Array | undefined, facts: Partial<FillFacts>) => void) {
    this.#fill = fill;
    this.#kept = kept;
    this.signal = fill.signal;
  }

  async commit(value: Uint8Array | undefined, facts: Partial<FillFacts> = {}): Promise<boolean> {
    const isKept = await this.#fill.commit(value, facts);
    if (isKept) this.#kept(value, facts);
    return isKept;
  }

  confirm(validator: string, facts: ConfirmedFacts): Promise<boolean> {
    return this.#fill.confirm(validator, facts);
  }

  fail(error: unknown): Promise<void> {
    return this.#fill.fail(error);
  }

  pass(reason: PassReason): Promise<void> {
    return this.#fill.pass(reason);
  }

  abandon(): Promise<void> {
    return this.#fill.abandon();
  }
}

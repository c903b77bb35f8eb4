import type { Part } from "../part.ts";
import type { ClaimRef } from "../store-index.ts";

/** A write intent in this process. The writer keeps this very object. */
export class MemoryIntent implements ClaimRef {
  readonly token: string;
  readonly part: Part;
  readonly claimedAt: number;
  /** Whether a whole value was cached when it was opened. */
  readonly hadCopy: boolean;
  /** False once it was closed. */
  live = true;
  /** Whether another intent overlapped. */
  contended = false;

  constructor(token: string, part: Part, claimedAt: number, hadCopy: boolean) {
    this.token = token;
    this.part = part;
    this.claimedAt = claimedAt;
    this.hadCopy = hadCopy;
  }
}

/** The open write intents of a memory index, by key. */
export class WriteIntents {
  readonly #epoch: string;
  readonly #open = new Map<string, Set<MemoryIntent>>();
  #opened = 0;

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  open(storeId: string, key: string, now: number, hadCopy: boolean): MemoryIntent {
    // The letter keeps it apart from the tokens of slots.
    const intent = new MemoryIntent(`${this.#epoch}w${this.#opened++}`, { storeId, key }, now, hadCopy);
    const intents = this.#open.get(keyOf(intent.part));
    if (intents === undefined) this.#open.set(keyOf(intent.part), new Set([intent]));
    else {
      intents.add(intent);
      for (const each of intents) each.contended = true;
    }
    return intent;
  }

  /** Ends an intent; false if it had ended before. */
  close(intent: MemoryIntent): boolean {
    if (!intent.live) return false;
    intent.live = false;
    const intents = this.#open.get(keyOf(intent.part));
    intents?.delete(intent);
    if (intents?.size === 0) this.#open.delete(keyOf(intent.part));
    return true;
  }

  /** Whether somebody writes the key of a part. */
  cover(part: Part): boolean {
    return this.#open.size > 0 && this.#open.has(keyOf(part));
  }
}

function keyOf({ storeId, key }: Part): string {
  return `${storeId}\n${key}`;
}

import { isPromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import type { Answers } from "./answers.ts";
import { type Block, type OffsetRange, readBlocks } from "./block-reads.ts";
import type { Flights } from "./flights.ts";
import type { KnownRanges } from "./known-ranges.ts";
import type { Asker } from "./read-answer.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { ServedVersions } from "./served-versions.ts";

const MOST_UNBLOCKED = 16_384;

/** A part whose range has an offset. */
type OffsetPart = Part & { readonly range: OffsetRange };

/** Reads ranges in blocks, each a flight of its own, and remembers the keys where that does not go. */
export class BlockReader {
  readonly #context: ReaderContext;
  readonly #flights: Flights;
  readonly #ranges: KnownRanges;
  readonly #served: ServedVersions;
  readonly #answers: Answers;
  /** Keys that are not read in blocks, since their source does not tell enough. */
  readonly #unblocked = new Set<string>();

  constructor(
    context: ReaderContext,
    parts: { flights: Flights; ranges: KnownRanges; served: ServedVersions; answers: Answers },
  ) {
    this.#context = context;
    this.#flights = parts.flights;
    this.#ranges = parts.ranges;
    this.#served = parts.served;
    this.#answers = parts.answers;
  }

  /** Whether a part is to be read in blocks. */
  reads(part: Part): part is OffsetPart {
    const { range, key } = part;
    return (
      this.#context.blockBytes !== undefined &&
      range !== undefined &&
      "offset" in range &&
      !this.#unblocked.has(key)
    );
  }

  /**
   * Reads a part in blocks, and counts how that was answered; `undefined` where the source does not tell enough for it,
   * from then on for all parts of the key.
   */
  async read(
    part: OffsetPart,
    signal: AbortSignal | undefined,
    asker: Asker,
  ): Promise<{ readonly value: Uint8Array | undefined } | undefined> {
    const { counters, storage, blockBytes } = this.#context;
    try {
      const read = await readBlocks(
        {
          blockBytes: blockBytes as number,
          read: async (block) => {
            const boarded = this.#flights.board(block);
            const { flight, joined } = isPromise(boarded) ? await boarded : boarded;
            return { ...(await flight.join(signal)), joined };
          },
          sizeOf: (key, validator) => this.#ranges.sizeOf(key, validator),
          isBound: (each) => this.#served.expected(each) !== undefined,
          drop: async ({ storeId, key }) => {
            this.#served.changed(key);
            await storage.delete(storeId, key).catch(() => {});
          },
        },
        part,
        part.range,
      );
      if (read === undefined) {
        this.#leaveOut(part.key);
        return undefined;
      }
      const { value, blocks } = read;
      // The read is as good as the worst of its blocks.
      const worst =
        blocks.find(({ from, joined }) => from === "source" && !joined) ??
        blocks.find(({ from }) => from === "source") ??
        blocks.find(({ from }) => from !== "cache") ??
        (blocks[0] as Block);
      this.#answers.count({ ...worst, value }, part, worst.joined, asker);
      return read;
    } catch (error) {
      counters.failures++;
      throw error;
    }
  }

  #leaveOut(key: string): void {
    if (this.#unblocked.size === 0)
      this.#context.events.emit("warning", {
        tier: "store",
        message: `"${key}" is not read in blocks: its source tells no size, or no strong validator.`,
      });
    if (this.#unblocked.size < MOST_UNBLOCKED) this.#unblocked.add(key);
  }
}

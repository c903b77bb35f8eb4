import { isZarrCacheError } from "../errors.ts";
import type { Part } from "../part.ts";
import type { RangeQuery } from "../range.ts";
import type { Landed } from "./flight.ts";
import { isStrongValidator } from "./source-answer.ts";

/** What a read in blocks needs. */
export interface BlockContext {
  readonly blockBytes: number;
  read(part: Part): Promise<Block>;
  /** The size of a value, where it is known: of this version, or else of the last that was seen. */
  sizeOf(key: string, validator?: string): number | undefined;
  /** Whether readers have ranges of the key, so that others must be of the same version. */
  isBound(part: Part): boolean;
  /** Forgets the copies of a key that turned out to be of different versions. */
  drop(part: Part): Promise<void>;
}

/** A block that was read; `joined`: by a flight that another reader had begun. */
export interface Block extends Landed {
  readonly joined: boolean;
}

/** Bytes that were put together, and what of. */
export interface FromBlocks {
  readonly value: Uint8Array | undefined;
  readonly blocks: readonly Block[];
}

/** A range that begins at an offset. */
export type OffsetRange = Extract<RangeQuery, { offset: number }>;

/** Blocks that are asked for at once while nobody knows where the value ends. */
const MOST_BEFORE_SIZE = 64;
/** How often blocks of different versions are read anew. */
const MOST_ATTEMPTS = 3;

/**
 * Reads a range as aligned blocks, each a part of its own: cached, shared and fetched like any other, missing neighbours
 * with one request. The last block ends where the value does.
 *
 * Blocks fit together where they are of one version, which takes a strong validator (RFC 9110 §8.8.1), and where the size
 * is known: `undefined` where the source does not tell these.
 */
export async function readBlocks(
  context: BlockContext,
  part: Part,
  range: OffsetRange,
): Promise<FromBlocks | undefined> {
  const isBound = context.isBound(part);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    let blocks: readonly Block[] | undefined;
    try {
      blocks = await blocksOf(context, part, range);
    } catch (error) {
      // The copies of some were of a version that is gone, and so are they now. Who had read nothing else reads on.
      if (isBound || !isZarrCacheError(error, "SourceChangedError")) throw error;
      continue;
    }
    if (blocks === undefined) return undefined;
    if (blocks.every(({ value }) => value === undefined)) return { value: undefined, blocks };
    const validators = new Set(blocks.map(({ facts }) => facts.validator));
    const [validator] = validators;
    if (validators.size > 1) await context.drop(part);
    else if (validator === undefined || !isStrongValidator(validator)) return undefined;
    else {
      const value = assemble(
        blocks,
        range,
        context.blockBytes,
        sizeIn(blocks) ?? context.sizeOf(part.key, validator),
      );
      if (value !== undefined) return { value, blocks };
    }
  }
  return undefined;
}

/** Reads the blocks that a range touches; `undefined` where it may be endless and nobody tells the size. */
async function blocksOf(
  context: BlockContext,
  part: Part,
  range: OffsetRange,
): Promise<readonly Block[] | undefined> {
  const { blockBytes } = context;
  const first = Math.floor(range.offset / blockBytes);
  const read = (number: number) =>
    context.read({
      storeId: part.storeId,
      key: part.key,
      range: { offset: number * blockBytes, length: blockBytes },
    });
  let size = context.sizeOf(part.key);
  const blocks: Block[] = [];
  if (size === undefined && range.length > MOST_BEFORE_SIZE * blockBytes) {
    const begin = await read(first);
    blocks.push(begin);
    size = begin.facts.size ?? context.sizeOf(part.key, begin.facts.validator);
    if (size === undefined) return begin.value === undefined ? blocks : undefined;
  }
  const end = Math.min(range.offset + range.length, size ?? Number.POSITIVE_INFINITY);
  const last = Math.max(first, Math.ceil(end / blockBytes) - 1);
  const rest: Promise<Block>[] = [];
  for (let number = first + blocks.length; number <= last; number++) rest.push(read(number));
  // All of them, so that none fails unheard.
  for (const outcome of await Promise.allSettled(rest)) {
    if (outcome.status === "rejected") throw outcome.reason;
    blocks.push(outcome.value);
  }
  return blocks;
}

function sizeIn(blocks: readonly Block[]): number | undefined {
  return blocks.find(({ facts }) => facts.size !== undefined)?.facts.size;
}

/** Cuts a range out of its blocks; `undefined` where they are too few, or one is not as long as it has to be. */
function assemble(
  blocks: readonly Block[],
  range: OffsetRange,
  blockBytes: number,
  size = Number.POSITIVE_INFINITY,
): Uint8Array | undefined {
  const first = Math.floor(range.offset / blockBytes) * blockBytes;
  const end = Math.max(range.offset, Math.min(range.offset + range.length, size));
  if (end > first + blocks.length * blockBytes) return undefined;
  const bytes = new Uint8Array(end - range.offset);
  for (const [i, { value }] of blocks.entries()) {
    const start = first + i * blockBytes;
    if (value?.byteLength !== Math.max(0, Math.min(blockBytes, size - start))) return undefined;
    const from = Math.max(range.offset, start);
    const to = Math.min(end, start + value.byteLength);
    if (from < to) bytes.set(value.subarray(from - start, to - start), from - range.offset);
  }
  return bytes;
}

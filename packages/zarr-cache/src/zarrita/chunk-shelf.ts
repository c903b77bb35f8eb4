import { NO_AGE } from "../ages.ts";
import type { MemoryStoreIndexOptions } from "../memory/memory-index-options.ts";
import { MemoryStoreIndex } from "../memory/memory-store-index.ts";
import type { Part } from "../part.ts";
import type { ClaimRef, IndexUsage } from "../store-index.ts";
import { compactChunk, sizeOfChunk } from "./chunk-copies.ts";
import type { DecodedChunk } from "./zarr-array.ts";

const AT_ONCE = 1_000;

/**
 * Decoded chunks under a byte budget: a {@link MemoryStoreIndex} that knows which, and a map that holds them.
 *
 * The same steps as a fill of bytes (claim, reserve, commit), so the budget, the policy and the rule that an
 * invalidation wins over whatever began before it are the index's own. Every step happens at once.
 */
export class ChunkShelf {
  readonly #index: MemoryStoreIndex;
  readonly #chunks = new Map<string, DecodedChunk>();
  readonly #maxAge: number;

  constructor(options: MemoryStoreIndexOptions, maxAge: number) {
    this.#index = new MemoryStoreIndex(options);
    this.#maxAge = maxAge;
  }

  /** The chunk of a part, if it is young enough. Counts a use. */
  get(part: Part): DecodedChunk | undefined {
    const entry = this.#index.lookup(part);
    if (entry === undefined) return undefined;
    const age = this.#index.now() - entry.fetchedAt;
    return age >= 0 && age <= this.#maxAge ? this.#chunks.get(entry.token) : undefined;
  }

  /** Takes the right to keep a part, before it is read; `undefined` when somebody has it. */
  claim(part: Part): ClaimRef | undefined {
    const answer = this.#index.claim(part, NO_AGE);
    return answer.state === "fill" ? answer.claim : undefined;
  }

  /** Keeps a chunk, if its claim was not revoked and there is room for it; says whether. */
  keep(claim: ClaimRef, chunk: DecodedChunk, cost: number): boolean {
    const size = sizeOfChunk(chunk);
    if (size === undefined || !this.#reserve(claim, size, cost)) {
      this.release(claim);
      return false;
    }
    this.#chunks.set(claim.token, compactChunk(chunk));
    const facts = { missing: false, checksum: 0, age: 0, validator: undefined };
    const kept = this.#index.commit(claim, { ...facts, size, cost, expiresAt: Number.POSITIVE_INFINITY });
    if (!kept) this.release(claim);
    this.#clear();
    return kept;
  }

  /** Gives a claim up. */
  release(claim: ClaimRef): void {
    this.#index.release(claim);
    this.#clear();
  }

  /** Drops what lies under a path, and the right to keep what is on its way. */
  invalidate(scope: string, path: string): void {
    this.#index.invalidate(scope, path);
    this.#clear();
  }

  usage(): IndexUsage {
    return this.#index.usage();
  }

  #reserve(claim: ClaimRef, size: number, cost: number): boolean {
    const want = { footprint: size, size, cost, weight: 1 };
    let answer = this.#index.reserve(claim, want);
    while (answer === "full") {
      const { state } = this.#index.makeRoom(want);
      this.#clear();
      if (state === "refused") return false;
      answer = this.#index.reserve(claim, want);
      if (state === "done") break;
    }
    return answer === "reserved";
  }

  /** Lets go of the chunks that were condemned. */
  #clear(): void {
    for (;;) {
      const tokens = this.#index.condemned(AT_ONCE).map(({ token }) => token);
      for (const token of tokens) this.#chunks.delete(token);
      this.#index.free(tokens);
      if (tokens.length < AT_ONCE) return;
    }
  }
}

import { CachedStore } from "../../src/cached-store.ts";
import type { SourceLike } from "../../src/store/source.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { type TestTier, type TestTierOptions, testTier } from "./memory-tier.ts";

/** A store over one tier in memory. */
export interface TestStore extends TestTier {
  readonly store: CachedStore;
}

/** Wraps a source for one test; `tier` says how the tier behind it is. */
export function cached(
  source: SourceLike,
  options: CachedStoreOptions = {},
  tier: TestTierOptions = {},
): TestStore {
  const made = testTier(tier);
  return { store: new CachedStore(source, "s", made.storage, options), ...made };
}

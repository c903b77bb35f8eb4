import type { FreshWithin } from "./store-index.ts";

/** Whatever is cached will do. */
export const ANY_AGE: FreshWithin = {
  present: Number.POSITIVE_INFINITY,
  missing: Number.POSITIVE_INFINITY,
};

/** Nothing that is cached will do: a claim is older than any age. */
export const NO_AGE: FreshWithin = { present: -1, missing: -1 };

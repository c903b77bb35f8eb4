import { z } from "@hono/zod-openapi";
import { defined } from "../defined.ts";
import { durationSchema } from "../unit-schemas.ts";

/** A duration, or for ever. */
const lasting = z.union([z.literal("forever").transform(() => Number.POSITIVE_INFINITY), durationSchema], {
  error: 'is no duration; give text such as "30s", "5m", "1d", or "forever"',
});

const AGE = 'is no age; give a duration such as "5m", "forever", or "source"';
const age = z.union([z.literal("source"), lasting], { error: AGE });

const maxAge = z.union(
  [
    age,
    z
      .strictObject({ metadata: age.optional(), data: age.optional(), missing: age.optional() })
      .transform(defined),
  ],
  { error: `${AGE}, or { metadata, data, missing }` },
);

/** Who may read a store, and how old its answers may be: the same for all kinds of stores. */
export const cachingFields = {
  public: z
    .boolean()
    .default(false)
    .describe("Whether anybody may read it without a token, where there are tokens."),
  maxAge: maxAge
    .optional()
    .describe(
      'How long a copy is fresh: all, or by { metadata, data, missing }; "source": as the source says.',
    ),
  rules: z
    .array(z.strictObject({ match: z.string(), maxAge }))
    .optional()
    .describe("Other ages for keys that match a pattern."),
  staleWhileRevalidate: lasting.optional(),
  staleIfError: lasting.optional().describe("How long past its age a copy is given when the source fails."),
  jitter: z.number().min(0).max(0.5).optional().describe("By how large a part ages are shortened by chance."),
  offline: z.boolean().optional().describe("Answers from the cache alone."),
  clientMaxAge: lasting
    .default(3_600_000)
    .describe('How long clients keep an answer without asking. Default "1h".'),
  cdnMaxAge: lasting.default(86_400_000).describe('The same for a CDN in front of the server. Default "1d".'),
  immutable: z
    .boolean()
    .default(false)
    .describe("Whether chunks never change, so that clients need not ask again."),
};

import type { z } from "@hono/zod-openapi";
import { problemSchema } from "./schemas.ts";

const problems = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

/** What every operation may answer besides what it is for. */
export const REFUSALS = {
  400: problems("The request is not as it should be."),
  401: problems("It needs a token."),
  403: problems("The token does not reach so far."),
  404: problems("There is no such thing."),
} as const;

/** An answer in JSON. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** A body in JSON. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { "application/json": { schema } } } };
}

import type { z } from "@hono/zod-openapi";

/** A request cannot be understood; says what is wrong with it. */
export class BadRequestError extends Error {
  readonly status: 400 | 405 | 413 | 415;

  constructor(message: string, status: 400 | 405 | 413 | 415 = 400) {
    super(message);
    this.name = "BadRequestError";
    this.status = status;
  }
}

/** What a schema makes of a value; throws {@link BadRequestError} that names each place where it does not fit. */
export function understand<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join(".")}: ${message}` : message,
  );
  throw new BadRequestError(`${issues.join("; ")}.`);
}

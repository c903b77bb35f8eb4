import type { z } from "@hono/zod-openapi";

/** A configuration cannot be used: one line for each place that is wrong, with what to do. */
export class ConfigError extends Error {
  readonly where: string;
  readonly problems: readonly string[];

  constructor(where: string, problems: readonly string[], options?: ErrorOptions) {
    super(`${where}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`, options);
    this.name = "ConfigError";
    this.where = where;
    this.problems = problems;
  }

  /** The problems, each with its place. */
  get lines(): readonly string[] {
    return this.problems.map((problem) => `${this.where}: ${problem}`);
  }
}

/** Several parts of a configuration cannot be used, each for its own reasons. */
export class ConfigErrors extends ConfigError {
  constructor(errors: readonly ConfigError[]) {
    const lines = errors.flatMap((error) => error.lines);
    super("The configuration", lines, { cause: new AggregateError(errors) });
  }

  override get lines(): readonly string[] {
    return this.problems;
  }
}

/** What is wrong, one line for each place: `stores.era5.maxAge: …`. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string[] {
  return issues.flatMap((issue) => describe(issue, []));
}

function describe(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): string[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `${show([...path, key])}: there is no such setting`);
  if (issue.code === "invalid_union") {
    // The alternative that went furthest is the one that was meant.
    const depth = (issues: readonly z.core.$ZodIssue[]) =>
      Math.max(0, ...issues.map(({ path: at }) => at.length));
    const scored = issue.errors.filter((errors) => errors.length > 0);
    const best = scored.toSorted((a, b) => score(b, depth(b)) - score(a, depth(a)))[0];
    const isDeep = best !== undefined && depth(best) > 0;
    if (best !== undefined && (isDeep || issue.message === "Invalid input"))
      return best.flatMap((inner) => describe(inner, path));
  }
  if (issue.code === "invalid_key")
    return issue.issues.flatMap((inner) => describe({ ...inner, path: [] } as z.core.$ZodIssue, path));
  return [`${show(path)}: ${issue.message}`];
}

/** Issues inside of an object were meant for it; that the type is another says nothing, and settings of another kind little. */
function score(issues: readonly z.core.$ZodIssue[], depth: number): number {
  const has = (wanted: z.core.$ZodIssue["code"]) => issues.some(({ code }) => code === wanted);
  return depth * 10 + (has("invalid_type") ? 0 : 5) - (has("unrecognized_keys") ? 1 : 0);
}

function show(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "the configuration";
  return path
    .map((part, place) =>
      typeof part === "number" ? `[${part}]` : `${place === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}

/** What a contract suite throws when a promise of the contract was not kept. */
export class ContractError extends Error {
  override readonly name = "ContractError";
}

/** Throws unless `condition` holds; `claim` says what should have held. */
export function check(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new ContractError(claim);
}

/** Throws unless both are equal in depth: numbers, text, arrays, byte arrays and plain objects. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!alike(actual, expected))
    throw new ContractError(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Throws unless `value` is there; hands it on. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null)
    throw new ContractError(`${what}: expected a value, got ${show(value)}`);
  return value;
}

/** Throws unless `run` throws or rejects, with an error of this name if one is given; hands the error on. */
export async function rejects(run: () => unknown, what: string, name?: string): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await run();
  } catch (error) {
    if (name !== undefined && (error as { name?: unknown } | null)?.name !== name)
      throw new ContractError(`${what}: expected a ${name}, got ${show(error)}`);
    return error;
  }
  throw new ContractError(`${what}: expected ${name ?? "an error"}, got ${show(answer)}`);
}

/** Narrows a tagged union to one state, or throws. */
export function inState<T extends { readonly state: string }, S extends T["state"]>(
  answer: T,
  state: S,
  what: string,
): Extract<T, { readonly state: S }> {
  if (answer.state !== state)
    throw new ContractError(`${what}: expected state "${state}", got ${show(answer)}`);
  return answer as Extract<T, { readonly state: S }>;
}

function alike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(b, name) &&
      alike((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes (${value.subarray(0, 8).join(" ")} …)`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "number" || value === undefined) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** Runs one round and returns what it measured, in any unit. */
export type Round = () => number | Promise<number>;

/**
 * Measures several sides in the same run: one round of each that does not count, then `rounds` times each of them in
 * turn, every other time in reverse, so that neither drift nor the order favours a side. Garbage is collected before
 * each turn where the process allows it.
 */
export async function interleave<Side extends string>(
  rounds: number,
  sides: Readonly<Record<Side, Round>>,
): Promise<Record<Side, number[]>> {
  const names = Object.keys(sides) as Side[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Side, number[]>;
  for (const name of names) await sides[name]();
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.();
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      measured[name].push(await sides[name]());
    }
  }
  return measured;
}

/** Milliseconds that something takes. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

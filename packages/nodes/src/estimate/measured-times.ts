/** What evaluations took in this process, by identity of the node. */
const times = new Map<string, { milliseconds: number; points: number }>();

/** Remembers what computing so many points of a node took, with all below it. */
export function remember(identity: string, milliseconds: number, points: number): void {
  if (times.size > 10_000) times.clear();
  const known = times.get(identity) ?? { milliseconds: 0, points: 0 };
  times.set(identity, { milliseconds: known.milliseconds + milliseconds, points: known.points + points });
}

/** Milliseconds a point, or undefined where nothing was measured. */
export function measured(identity: string): number | undefined {
  const known = times.get(identity);
  return known && known.points > 0 ? known.milliseconds / known.points : undefined;
}

/** Something that is chosen by name, as often as its weight says. */
export interface Weighted {
  readonly name: string;
  readonly weight?: number | undefined;
}

/**
 * Chooses one of several by weighted rendezvous hashing (D. Thaler, C. Ravishankar, 1998; weights after J. Resch, 2015):
 * each gets a score from its name and the key, and the highest wins. Whoever adds or removes one moves only the keys
 * that come to it or leave it. The order of the choices does not matter.
 */
export function chooseFor<T extends Weighted>(key: string, choices: readonly T[]): T | undefined {
  let best: T | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const choice of choices) {
    const score = -(choice.weight ?? 1) / Math.log(fractionOf(`${choice.name}\n${key}`));
    if (score > highest) {
      best = choice;
      highest = score;
    }
  }
  return best;
}

/** A number between 0 and 1, neither of them, that depends on every character: FNV-1a with the last mixing of MurmurHash3. */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

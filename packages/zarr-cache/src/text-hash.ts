/**
 * A hash of 32 bits of a text, or of two that are hashed one after the other, that nobody can foresee who does not know the
 * seed: multiplications as in FNV-1a, and the last steps of MurmurHash3, so that every character tells in every bit. It is
 * for this process alone, and may be another in the next version.
 */
export function hashOf(seed: number, text: string, more = ""): number {
  let hash = seed ^ text.length;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x5bd1e995);
  for (let at = 0; at < more.length; at++) hash = Math.imul(hash ^ more.charCodeAt(at), 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

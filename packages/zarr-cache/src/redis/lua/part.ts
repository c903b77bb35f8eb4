/**
 * A piece of Lua, and the pieces whose names it uses. A script is put together of those that it needs and no others:
 * Redis makes all functions of a script anew in every call, which for the whole ledger takes longer than most steps.
 */
export class LuaPart {
  readonly text: string;
  readonly needs: readonly LuaPart[];

  constructor(text: string, ...needs: readonly LuaPart[]) {
    this.text = text;
    this.needs = needs;
  }
}

/** Parts and all that they need, each once, behind what it needs; without those that are there already. */
export function withNeeds(parts: readonly LuaPart[], there: readonly LuaPart[] = []): LuaPart[] {
  const found = new Set(there);
  const added: LuaPart[] = [];
  const add = (part: LuaPart) => {
    if (found.has(part)) return;
    found.add(part);
    for (const need of part.needs) add(need);
    added.push(part);
  };
  for (const part of parts) add(part);
  return added;
}

/**
 * What a branch that is seldom taken needs beside the parts of its script: to stand inside the branch, so that it costs
 * nothing where the branch is not taken.
 */
export function inBranch(parts: readonly LuaPart[], script: readonly LuaPart[]): string {
  return withNeeds(parts, withNeeds(script))
    .map(({ text }) => text)
    .join("");
}

import { PINNED } from "../../policy.ts";
import type { IndexUsage } from "../../store-index.ts";
import { equal } from "../check.ts";
import type { ModelClaim, ModelEntry } from "./index-model.ts";
import type { Replay } from "./replay-step.ts";

/** Lets the model know whether what became visible is pinned: not where there was no room for it. */
export async function settlePin(
  { index, model, shares }: Replay,
  { id, ref }: ModelClaim,
  replaced: ModelEntry | undefined,
  { pinnedBytes, maxPinnedBytes }: IndexUsage,
): Promise<void> {
  const entry = model.entries.get(id);
  if (!entry?.pinned) return;
  const freed = replaced?.pinned ? (model.charges.get(replaced.token) ?? 0) : 0;
  const charge = model.charges.get(ref.token) ?? 0;
  // Which of several shares has room for pins the model does not know.
  if (shares === 1 && pinnedBytes - freed + charge <= maxPinnedBytes) return;
  const { entries } = await index.entries({ limit: 1000 });
  entry.pinned = entries.some(({ token, pinned }) => token === ref.token && pinned);
}

/** Gives an entry another weight, or pins it. */
export async function weigh({ index, model, random, shares }: Replay): Promise<string> {
  const entries = [...model.entries.values()];
  if (entries.length === 0) return "nothing to weigh";
  const entry = random.pick(entries);
  const weight = [PINNED, PINNED, 1, 16][random.below(4)] ?? 1;
  const { pinnedBytes, maxPinnedBytes } = await index.usage();
  const answer = await index.weigh(entry.part, weight);
  const said = `weigh ${JSON.stringify(entry.part)} ${weight} → ${answer}`;
  const fits = pinnedBytes + (model.charges.get(entry.token) ?? 0) <= maxPinnedBytes;
  if (weight !== PINNED || entry.pinned || (shares === 1 && fits)) equal(answer, "weighed", said);
  else if (shares === 1) equal(answer, "refused", said);
  if (answer === "weighed") entry.pinned = weight === PINNED;
  return said;
}

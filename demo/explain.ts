/** Says in one line what went wrong and why: `fetch failed: connect ECONNREFUSED 127.0.0.1:9`. */
export function explain(error: unknown): string {
  const reasons: string[] = [];
  for (let reason = error; reason instanceof Error; reason = reason.cause) reasons.push(messageOf(reason));
  const sentences = reasons.length > 0 ? reasons : [String(error)];
  return sentences
    .map((sentence) => sentence.replace(/\.$/, ""))
    .join(": ")
    .replaceAll(/\s*\n\s*/g, " ");
}

/** An AggregateError of several refused addresses has no message of its own. */
function messageOf(error: Error): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(String).join(", ");
  return error.message || error.name;
}

import { ConfigError } from "../config/config-error.ts";

/**
 * The pipelines of a configuration in an order in which each comes after those that it reads; throws `ConfigError` where some
 * read each other in a circle. `reads`: by id, the ids of pipelines that it reads.
 */
export function pipelineOrder(reads: ReadonlyMap<string, readonly string[]>): string[] {
  const order: string[] = [];
  const path: string[] = [];
  const visit = (id: string): void => {
    if (order.includes(id)) return;
    const from = path.indexOf(id);
    if (from >= 0) throw circular([...path.slice(from), id]);
    path.push(id);
    for (const next of reads.get(id) ?? []) visit(next);
    path.pop();
    order.push(id);
  };
  for (const id of reads.keys()) visit(id);
  return order;
}

function circular(circle: readonly string[]): ConfigError {
  const message = `reads itself: ${circle.join(" → ")}; let one of them read something else`;
  return new ConfigError(`stores.${circle[0]}.pipeline`, [message]);
}

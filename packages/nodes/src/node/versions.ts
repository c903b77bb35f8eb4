import { hashOf } from "@zarr-cache/arrays";
import type { Node } from "./node.ts";
import type { ResourceVersion } from "./resource.ts";
import type { Session } from "./session.ts";

/**
 * The version of all sources below a node: differs as soon as one of them does, and ends with the first. Undefined where
 * none of them ever changes.
 */
export function versionBelow(
  node: Node,
  session: Pick<Session, "versions">,
): Promise<ResourceVersion | undefined> {
  const known = session.versions.get(node.identity);
  if (known !== undefined) return known;
  const finding = combined(node, session);
  session.versions.set(node.identity, finding);
  return finding;
}

async function combined(
  node: Node,
  session: Pick<Session, "versions">,
): Promise<ResourceVersion | undefined> {
  const own = await node.version();
  // What stands for its input, as a whole pipeline does, has the same identity: it must not wait for itself.
  const below = await Promise.all(
    Object.values(node.inputs).map((input) =>
      input.identity === node.identity ? combined(input, session) : versionBelow(input, session),
    ),
  );
  const all = [own, ...below].filter((each) => each !== undefined);
  if (all.length === 0) return undefined;
  const expiresAt = Math.min(...all.map((each) => each.expiresAt ?? Number.POSITIVE_INFINITY));
  return {
    validator:
      all.length === 1 ? (all[0]?.validator as string) : hashOf(all.map(({ validator }) => validator)),
    ...(Number.isFinite(expiresAt) && { expiresAt }),
  };
}

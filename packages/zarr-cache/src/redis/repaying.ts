import { unpackHead } from "./head-record.ts";
import { REPAY } from "./lua/leftover-scripts.ts";
import { type Script, type ScriptArgument, type ScriptReply, wordOf } from "./script.ts";

/** What repaying needs of an index. */
export interface RepaidIndex {
  /** The packed heads of all shards; `null` for one that was lost. */
  heads(): Promise<readonly (Buffer | null)[]>;
  /** Runs a script on a shard; `undefined` if the shard was lost. */
  run(shard: number, script: Script, args: readonly ScriptArgument[]): Promise<ScriptReply | undefined>;
}

/**
 * Charges for what an earlier life of the index left, and gives back what was deleted of it, to the shards that are not
 * clean alike. The first of these says who has the turn; the others follow.
 */
export async function repay(
  index: RepaidIndex,
  purger: string,
  repaid: number,
): Promise<"held" | "busy" | "clean"> {
  const heads = await index.heads();
  const unclean = heads.flatMap((head, shard) =>
    head !== null && unpackHead(head).clean === 1 ? [] : [shard],
  );
  let answer: "held" | "busy" | "clean" = "clean";
  for (const shard of unclean) {
    const how = answer === "clean" ? "take" : answer === "held" ? "force" : "begin";
    const share = Math.floor(repaid / unclean.length);
    const reply = await index.run(shard, REPAY, [purger, share, how]);
    // Lost: whoever is told of the new life begins again.
    if (reply === undefined) return "busy";
    const word = wordOf(reply);
    if (answer === "held" && word === "busy") return "busy";
    if (answer === "clean") answer = word as "held" | "busy" | "clean";
  }
  return answer;
}

import { createHash } from "node:crypto";
import { type LuaPart, withNeeds } from "./lua/part.ts";

/** What a script is run on. ioredis' connections are of this form, single or cluster. */
export interface ScriptConnection {
  evalshaBuffer(sha: string, keys: number, ...args: (string | Buffer | number)[]): Promise<unknown>;
  evalBuffer(script: string, keys: number, ...args: (string | Buffer | number)[]): Promise<unknown>;
}

/** An argument of a script. */
export type ScriptArgument = string | Buffer | number;

/** What scripts answer: a word, then whatever belongs to it. */
export type ScriptReply = readonly [Buffer, ...unknown[]];

/** What they answer in short: a table costs Redis as much as three commands. A number alone stands for `ok` and the number. */
type ShortReply = Buffer | number;

const OK = Buffer.from("ok");

/** A Lua script, known to Redis by its hash; sent whole only where Redis has forgotten it. */
export class Script {
  readonly text: string;
  readonly #sha: string;

  /** Puts a script together of parts, in this order and behind what they need, and its own steps. */
  constructor(parts: readonly LuaPart[], steps: string) {
    this.text = [...withNeeds(parts).map(({ text }) => text), steps].join("");
    this.#sha = createHash("sha1").update(this.text).digest("hex");
  }

  async run(
    connection: ScriptConnection,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<ScriptReply> {
    try {
      return inFull(await connection.evalshaBuffer(this.#sha, keys.length, ...keys, ...args));
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return inFull(await connection.evalBuffer(this.text, keys.length, ...keys, ...args));
    }
  }
}

function inFull(reply: unknown): ScriptReply {
  const said = reply as ShortReply | ScriptReply;
  if (typeof said === "number") return [OK, said];
  return Buffer.isBuffer(said) ? [said] : said;
}

/** The word that a script's answer begins with. */
export function wordOf(reply: ScriptReply): string {
  return reply[0].toString("latin1");
}

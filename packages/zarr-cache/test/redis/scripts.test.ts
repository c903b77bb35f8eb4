import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Script } from "../../src/redis/script.ts";

const FOLDER = new URL("../../src/redis/lua/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith("-scripts.ts"));
const EXPORTS = await Promise.all(
  FILES.map(async (file) => Object.entries((await import(new URL(file, FOLDER).href)) as object)),
);
const SCRIPTS = EXPORTS.flat().filter((entry): entry is [string, Script] => entry[1] instanceof Script);

/** Commands that Redis 6.2 has in this form; what later versions added is not among them. */
const COMMANDS_OF_6_2 = new Set([
  ...["GET", "SET", "TIME", "EXISTS", "UNLINK", "RENAME", "PUBLISH"],
  ...["HGET", "HSET", "HSETNX", "HDEL", "HMGET", "HGETALL", "HEXISTS", "HLEN", "HSCAN"],
  ...["ZADD", "ZREM", "ZCARD", "ZRANGE", "ZSCORE", "ZREMRANGEBYRANK", "XADD", "XREVRANGE"],
]);

const GIVEN = new Set([
  ...["KEYS", "ARGV", "redis", "struct", "cmsgpack", "string", "table", "math"],
  ...["ipairs", "pairs", "tonumber", "unpack"],
  ...["and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil"],
  ...["not", "or", "return", "then", "true", "while"],
]);

/** A script without its comments and texts. */
function bare(text: string): string {
  return text.replace(/--[^\n]*/g, "").replace(/'(?:\\.|[^'\\])*'/g, "''");
}

/** Names that a script makes: locals, functions, what they take, what loops count. */
function namesMade(text: string): Set<string> {
  const lists = [
    ...text.matchAll(/\blocal ((?:\w+\s*,\s*)*\w+)/g),
    ...text.matchAll(/\bfunction\s*\w*\(([\w\s,]*)\)/g),
    ...text.matchAll(/\bfor ([\w\s,]+?)(?:=| in )/g),
    ...text.matchAll(/\bfunction (\w+)/g),
  ];
  return new Set(lists.flatMap(([, list = ""]) => list.split(",").map((name) => name.trim())));
}

describe("the scripts of the Redis index", () => {
  it("are all here", () => {
    expect(SCRIPTS.map(([name]) => name)).toEqual(
      expect.arrayContaining(["CLAIM", "COMMIT", "FREE", "INVALIDATE", "MAKE_ROOM", "OPEN_SHARD", "SETTLE"]),
    );
    expect(new Set(SCRIPTS.map(([name]) => name)).size).toBe(SCRIPTS.length);
  });

  it.each(SCRIPTS)("%s uses no name that it does not have, in any branch", (_, { text }) => {
    const lua = bare(text);
    const made = namesMade(lua);
    const used = [...lua.matchAll(/(?<![\w.])[A-Za-z_]\w*\b(?!\s*=[^=])/g)].map(([name]) => name);
    expect(used.filter((name) => !made.has(name) && !GIVEN.has(name))).toEqual([]);
  });

  it.each(SCRIPTS)("%s uses commands of Redis 6.2 only", (_, { text }) => {
    const used = [...text.matchAll(/\b(?:p?call|all)\('([A-Z]+)'/g)].map(([, command = ""]) => command);
    const said = [...text.matchAll(/\b(?:p?call|all)\((?!')([^,)]*)/g)].map(([, first = ""]) => first);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((command) => !COMMANDS_OF_6_2.has(command))).toEqual([]);
    // The one place where the command is told: the helper that hands over long lists.
    expect(said.filter((first) => first !== "command")).toEqual([]);
  });

  it("limit what a stream keeps, and name no option of a later Redis", () => {
    for (const [name, { text }] of SCRIPTS)
      expect(/'(?:LIMIT|BYLEX|BYSCORE|NOVALUES|FNX|FXX|KEEPTTL|GETDEL)'/.test(text), name).toBe(false);
  });
});

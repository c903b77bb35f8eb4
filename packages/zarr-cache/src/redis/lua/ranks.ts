import { HEAD, SHARD } from "./books.ts";
import { LuaPart } from "./part.ts";

/**
 * What goes first: the policy of `policy.ts`, in Lua. A test replays the same uses on both and compares the victims.
 *
 * The score of an entry is its rank. The member begins with the time of the last use, most significant byte first, so
 * that of equal ranks the one used longest ago comes first; then the charge, so that looking for room reads no
 * entries; then the part id.
 *
 * Once the floor is so high that ranks lose precision, a second set takes the ranks of whatever is used or admitted
 * from then on, counted from a floor of zero; what is in the first set moves over a little with every call.
 */
export function rankOf(uses: string, cost: string, bytes: string, weight: string, tick: string): string {
  const worth = `(${weight} * ${uses} * math.min(math.max(${cost}, 0.001), 86400000)) / ${bytes}`;
  return `(${weight} == math.huge and math.huge or h_lru == 1 and ${tick} or h_floor + ${worth})`;
}

/** The name of an entry among the ranks. */
export function memberOf(id: string, tick: string, charge: string): string {
  return `struct.pack('>I6I6', ${tick}, ${charge}) .. ${id}`;
}

/** By so much the ticks of two changes differ, so that uses between them can be placed between them. */
export const TICK = 1024;

/** {@link rankOf} as a function. */
export const RANK: LuaPart = new LuaPart(
  `
local function rank_of(uses, cost, bytes, weight, tick)
  return ${rankOf("uses", "cost", "bytes", "weight", "tick")}
end
`,
  HEAD,
);

/** Bytes of this shard that may be pinned. */
export const PIN_LIMIT = "math.min(h_maxPinnedBytes, h_maxBytes)";

/** {@link memberOf} as a function. */
export const MEMBER: LuaPart = new LuaPart(`
local function member_of(id, tick, charge)
  return ${memberOf("id", "tick", "charge")}
end
`);

/** Hands out the entries that go first, one by one; while ranks move, from both sets. */
export const LOWEST: LuaPart = new LuaPart(
  `
local function reader_of(key, base)
  local page, at, from, size = {}, 1, 0, 2
  return function()
    if at > #page then
      page = call('ZRANGE', key, from, from + size - 1, 'WITHSCORES')
      if #page == 0 then return nil end
      from = from + size
      size = math.min(size * 4, 1000)
      at = 1
    end
    local member = page[at]
    at = at + 2
    return {rank = tonumber(page[at - 1]) - base, member = member, charge = struct.unpack('>I6', member, 7)}
  end
end

local function comes_first(a, b)
  return a.rank < b.rank or (a.rank == b.rank and a.member < b.member)
end

local next_lowest = reader_of(RANKS, h_base)
if h_base ~= 0 then
  local next_old, next_new = next_lowest, reader_of(REBASED, 0)
  local old, new = next_old(), next_new()
  next_lowest = function()
    local first
    if old and (not new or comes_first(old, new)) then
      first, old = old, next_old()
    else
      first, new = new, new and next_new()
    end
    return first
  end
end
`,
  SHARD,
  HEAD,
);

/** From so high a floor on ranks are counted anew. */
export const REBASE_FLOOR: string = "1048576";

/** Moves some ranks to the second set. */
export const REBASE: LuaPart = new LuaPart(
  `
local function rebase(steps)
  if h_base == 0 then
    h_base = h_floor
    h_floor = 0
  end
  local found = call('ZRANGE', RANKS, 0, steps - 1, 'WITHSCORES')
  for i = 1, #found, 2 do call('ZADD', REBASED, tonumber(found[i + 1]) - h_base, found[i]) end
  if #found > 0 then call('ZREMRANGEBYRANK', RANKS, 0, #found / 2 - 1) end
  if call('EXISTS', RANKS) == 0 then
    if call('EXISTS', REBASED) == 1 then call('RENAME', REBASED, RANKS) end
    h_base = 0
  end
end
`,
  SHARD,
  HEAD,
);

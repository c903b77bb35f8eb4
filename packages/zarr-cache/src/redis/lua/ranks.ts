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
export const RANKS: string = `
local REBASE_FLOOR = 2 ^ 20
local TICK = 1024

local function rank_of(uses, cost, bytes, weight, tick)
  if weight == math.huge then return math.huge end
  if h.lru == 1 then return tick end
  return h.floor + (weight * uses * math.min(math.max(cost, 0.001), 86400000)) / bytes
end

local function pin_limit()
  return math.min(h.maxPinnedBytes, h.maxBytes)
end

local function member_of(id, entry)
  return struct.pack('>I6I6', entry.tick, entry.charge) .. id
end

local function rank(id, entry)
  local score = rank_of(entry.uses, entry.cost, entry.charge, entry.weight, entry.tick)
  call('ZADD', h.base == 0 and RANKS or REBASED, score, member_of(id, entry))
end

local function unrank(id, entry)
  local member = member_of(id, entry)
  if call('ZREM', RANKS, member) == 0 and h.base ~= 0 then call('ZREM', REBASED, member) end
end

local function comes_first(a, b)
  return a.rank < b.rank or (a.rank == b.rank and a.member < b.member)
end

local function read_ranks(into, key, base, from, count)
  local found = call('ZRANGE', key, from, from + count - 1, 'WITHSCORES')
  for i = 1, #found, 2 do
    local member = found[i]
    local _, bytes = struct.unpack('>I6I6', member)
    into[#into + 1] =
      {rank = tonumber(found[i + 1]) - base, member = member, charge = bytes, id = string.sub(member, 13)}
  end
end

-- The entries that go first, from one place on. While ranks move, everything from the first on must be asked for.
local function lowest(from, count)
  local found = {}
  if h.base == 0 then
    read_ranks(found, RANKS, 0, from, count)
    return found
  end
  read_ranks(found, RANKS, h.base, 0, from + count)
  read_ranks(found, REBASED, 0, 0, from + count)
  table.sort(found, comes_first)
  local page = {}
  for i = from + 1, math.min(#found, from + count) do page[#page + 1] = found[i] end
  return page
end

local function rebase(steps)
  if h.base == 0 then
    if h.lru == 1 or h.floor <= REBASE_FLOOR then return end
    h.base = h.floor
    h.floor = 0
  end
  local found = {}
  read_ranks(found, RANKS, h.base, 0, steps)
  for _, each in ipairs(found) do
    call('ZADD', REBASED, each.rank, each.member)
    call('ZREM', RANKS, each.member)
  end
  if call('EXISTS', RANKS) == 0 then
    if call('EXISTS', REBASED) == 1 then call('RENAME', REBASED, RANKS) end
    h.base = 0
  end
end
`;

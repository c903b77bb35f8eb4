import { ENTRY_GONE_FORMAT } from "../entry-record.ts";
import { CHANGES, CONDEMN_NAME, HEAD, SHARD, STORES } from "./books.ts";
import { ADD_CUT, SPLIT } from "./cut-fields.ts";
import { LuaPart } from "./part.ts";
import { MEMBER } from "./ranks.ts";

/**
 * Entries: added and taken away together with their rank, their counts, and the list of the ranges of their key.
 *
 * A whole value replaces the ranges of its key, and a write drops them, so they must be found: a key with ranges has
 * their ids in a list, and one with very many only their number; its ranges are then hidden by a cut.
 */
const MOST_LISTED = 1000;

/** Notes a range of a key; \`list\` is what is noted of the key. */
export const LIST_RANGE: LuaPart = new LuaPart(
  `
local function list_range(store_id, key, range, list)
  if not list then
    list = range
  elseif string.sub(list, 1, 1) == '*' then
    list = '*' .. (tonumber(string.sub(list, 2)) + 1)
  elseif #list < ${MOST_LISTED} then
    list = list .. '\\n' .. range
  else
    local _, breaks = string.gsub(list, '\\n', '')
    list = '*' .. (breaks + 2)
  end
  call('HSET', BOOKS, 'k' .. store_id .. '\\n' .. key, list)
end
`,
  SHARD,
);

const UNLIST_RANGE = new LuaPart(
  `
local function unlist_range(store_id, key, range, birth)
  local field = 'k' .. store_id .. '\\n' .. key
  local list = call('HGET', BOOKS, field)
  if not list then return end
  if string.sub(list, 1, 1) == '*' then
    -- What a cut of the key hides was not counted any more.
    local serial = h_cuts > 0 and call('HGET', CUTS, '=' .. store_id .. '\\n' .. key)
    if serial and birth < tonumber(serial) then return end
    local left = tonumber(string.sub(list, 2)) - 1
    list = left > 0 and '*' .. left or ''
  else
    local padded = '\\n' .. list .. '\\n'
    local at, last = string.find(padded, '\\n' .. range .. '\\n', 1, true)
    if not at then return end
    list = string.sub(string.sub(padded, 1, at) .. string.sub(padded, last + 1), 2, -2)
  end
  if list == '' then call('HDEL', BOOKS, field) else call('HSET', BOOKS, field, list) end
end
`,
  SHARD,
  HEAD,
);

/** Takes an entry out of the books and condemns its name; whoever calls removes it and its rank. */
export const FORGET: LuaPart = new LuaPart(
  `
local function forget(id, packed, nonce)
  local token, bytes, _, birth, weight = struct.unpack('${ENTRY_GONE_FORMAT}', packed)
  local store_id = string.sub(id, 1, string.find(id, '\\n', 1, true) - 1)
  if weight == math.huge then h_pinned = h_pinned - bytes end
  h_entries = h_entries - 1
  local record = store(store_id)
  record.entries = record.entries - 1
  -- The id of a whole value ends with the line break.
  if string.byte(id, -1) ~= 10 then
    local _, key, range = split(id)
    unlist_range(store_id, key, range, birth)
  end
  condemn(token, store_id, bytes, nonce)
  return token, store_id
end
`,
  HEAD,
  STORES,
  SPLIT,
  UNLIST_RANGE,
  CONDEMN_NAME,
);

/** Removes entries and their ranks, many in one command. */
export const REMOVE_ENTRIES: LuaPart = new LuaPart(
  `
local function remove_entries(ids, members)
  all('HDEL', ENTRIES, ids)
  all('ZREM', RANKS, members)
  if h_base ~= 0 then all('ZREM', REBASED, members) end
end
`,
  HEAD,
  CHANGES,
);

/** Removes an entry with all that belongs to it. */
export const DROP_ENTRY: LuaPart = new LuaPart(
  `
local function drop_entry(id, packed, nonce)
  local _, bytes, tick = struct.unpack('${ENTRY_GONE_FORMAT}', packed)
  remove_entries({id}, {member_of(id, tick, bytes)})
  forget(id, packed, nonce)
end
`,
  FORGET,
  REMOVE_ENTRIES,
  MEMBER,
);

/** Removes the ranges of a key. */
export const DROP_RANGES: LuaPart = new LuaPart(
  `
local function drop_ranges(store_id, key, list)
  call('HDEL', BOOKS, 'k' .. store_id .. '\\n' .. key)
  if string.sub(list, 1, 1) == '*' then
    add_cut('=' .. store_id .. '\\n' .. key)
    return
  end
  for range in string.gmatch(list, '[^\\n]+') do
    local id = store_id .. '\\n' .. key .. '\\n' .. range
    local packed = call('HGET', ENTRIES, id)
    if packed then drop_entry(id, packed) end
  end
end
`,
  ADD_CUT,
  DROP_ENTRY,
);

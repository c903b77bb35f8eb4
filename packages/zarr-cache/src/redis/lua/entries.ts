import { ENTRY_FORMAT } from "../entry-record.ts";

/**
 * Entries: added and taken away together with their rank, their counts, and the list of the ranges of their key.
 *
 * A whole value replaces the ranges of its key, and a write drops them, so they must be found: a key with ranges has
 * their ids in a list, and one with very many only their number; its ranges are then hidden by a cut.
 */
export const ENTRIES: string = `
local MOST_LISTED = 1000

local function unpack_entry(packed)
  local e = {}
  local at
  e.token, e.flags, e.size, e.charge, e.checksum, e.fetched_at, e.expires_at, e.cost, e.weight,
    e.tick, e.birth, e.uses, e.used_at, e.reads, e.read_time, at = struct.unpack('${ENTRY_FORMAT}', packed)
  e.validator = string.sub(packed, at)
  return e
end

local function write_entry(id, e)
  call('HSET', ENTRIES, id, struct.pack('${ENTRY_FORMAT}', e.token, e.flags, e.size, e.charge, e.checksum,
    e.fetched_at, e.expires_at, e.cost, e.weight, e.tick, e.birth, e.uses, e.used_at, e.reads, e.read_time)
    .. e.validator)
end

local function entry_of(id)
  local packed = call('HGET', ENTRIES, id)
  return packed and unpack_entry(packed)
end

local function list_range(store_id, key, range)
  local field = 'k' .. store_id .. '\\n' .. key
  local list = call('HGET', BOOKS, field)
  if not list then
    list = range
  elseif string.sub(list, 1, 1) == '*' then
    list = '*' .. (tonumber(string.sub(list, 2)) + 1)
  elseif #list < MOST_LISTED then
    list = list .. '\\n' .. range
  else
    local _, breaks = string.gsub(list, '\\n', '')
    list = '*' .. (breaks + 2)
  end
  call('HSET', BOOKS, field, list)
end

local function unlist_range(store_id, key, range, birth)
  local field = 'k' .. store_id .. '\\n' .. key
  local list = call('HGET', BOOKS, field)
  if not list then return end
  if string.sub(list, 1, 1) == '*' then
    -- What a cut of the key hides was not counted any more.
    local serial = h.cuts > 0 and call('HGET', CUTS, '=' .. store_id .. '\\n' .. key)
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

-- Removes an entry and condemns its name; one that is not ranked any more says so.
local function drop_entry(id, entry, is_unranked, nonce)
  local store_id, key, range = split(id)
  call('HDEL', ENTRIES, id)
  if not is_unranked then unrank(id, entry) end
  if entry.weight == math.huge then h.pinned = h.pinned - entry.charge end
  h.entries = h.entries - 1
  local record = store(store_id)
  record.entries = record.entries - 1
  if range ~= '' then unlist_range(store_id, key, range, entry.birth) end
  condemn(entry.token, store_id, entry.charge, nonce)
end

local function drop_ranges(store_id, key)
  local field = 'k' .. store_id .. '\\n' .. key
  local list = call('HGET', BOOKS, field)
  if not list then return end
  call('HDEL', BOOKS, field)
  if string.sub(list, 1, 1) == '*' then
    add_cut('=' .. store_id .. '\\n' .. key)
    return
  end
  for range in string.gmatch(list, '[^\\n]+') do
    local id = store_id .. '\\n' .. key .. '\\n' .. range
    local entry = entry_of(id)
    if entry then drop_entry(id, entry) end
  end
end
`;

import { ENTRY_AT, ENTRY_GONE_FORMAT } from "../entry-record.ts";
import { HEAD, SHARD } from "./books.ts";
import { HELD_CLAIM, TAKE_AWAY } from "./claims.ts";
import { FORGET, REMOVE_ENTRIES } from "./entries.ts";
import { LuaPart } from "./part.ts";
import { MEMBER } from "./ranks.ts";

/** Goes on with the work behind the cuts, see `cut-fields.ts`. Needs the entries and the claims. */
export const WORK_OFF: LuaPart = new LuaPart(
  `
local function end_cuts(upto)
  -- As many as there are fills under way, and none may outlive the cut.
  local claims = call('HGETALL', CLAIMS)
  for i = 1, #claims, 2 do
    local claim = unpack_claim(claims[i + 1])
    local store_id, key = split(claims[i])
    if is_cut(store_id, key, claim.birth) then take_away(claims[i], store_id, claim) end
  end
  local cuts = call('HGETALL', CUTS)
  local ended = {}
  for i = 1, #cuts, 2 do
    if tonumber(cuts[i + 1]) <= upto then ended[#ended + 1] = cuts[i] end
  end
  all('HDEL', CUTS, ended)
  all('HDEL', ENTRIES, ended)
  h_cuts = h_cuts - #ended
  is_marked_anew = true
end

-- Answers how many entries it condemned.
local function work_off(steps)
  if h_cuts == 0 then return 0 end
  local place = call('HGET', BOOKS, 'y')
  local cursor, upto = '0', h_serial
  if place then
    cursor, upto = string.match(place, '^(%d+) (%d+)$')
    upto = tonumber(upto)
  end
  local page = call('HSCAN', ENTRIES, cursor, 'COUNT', steps)
  local ids, members = {}, {}
  for i = 1, #page[2], 2 do
    local id, packed = page[2][i], page[2][i + 1]
    local store_id, key = split(id)
    if key and string.find(id, '^[^!=>]') and is_cut(store_id, key, struct.unpack('<I6', packed, ${ENTRY_AT.birth})) then
      local _, charge, tick = struct.unpack('${ENTRY_GONE_FORMAT}', packed)
      forget(id, packed)
      ids[#ids + 1] = id
      members[#members + 1] = member_of(id, tick, charge)
    end
  end
  remove_entries(ids, members)
  if page[1] == '0' then
    end_cuts(upto)
    call('HDEL', BOOKS, 'y')
  else
    call('HSET', BOOKS, 'y', page[1] .. ' ' .. string.format('%.0f', upto))
  end
  return #ids
end
`,
  SHARD,
  HEAD,
  HELD_CLAIM,
  TAKE_AWAY,
  FORGET,
  MEMBER,
  REMOVE_ENTRIES,
);

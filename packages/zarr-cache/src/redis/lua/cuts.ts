import { ENTRY_GONE_FORMAT } from "../entry-record.ts";
import { HEAD, SHARD } from "./books.ts";
import { HELD_CLAIM, TAKE_AWAY } from "./claims.ts";
import { FORGET, REMOVE_ENTRIES } from "./entries.ts";
import { LuaPart } from "./part.ts";
import { MEMBER } from "./ranks.ts";

/**
 * Goes on with the work behind the cuts, see `cut-fields.ts`, a bounded number of entries, claims and cuts in each call. A
 * round goes through all entries, then all claims (as many as there are fills under way), and then ends the cuts that were
 * there when it began: what came later was not hidden by them. The field `y` says where it goes on.
 */
export const WORK_OFF: LuaPart = new LuaPart(
  `
local function condemn_hidden(found)
  local ids, members = {}, {}
  for i = 1, #found, 2 do
    local id, packed = found[i], found[i + 1]
    local store_id, key = split(id)
    if key and string.find(id, '^[^!=>]') then
      local _, charge, tick, birth = struct.unpack('${ENTRY_GONE_FORMAT}', packed)
      if is_cut(store_id, key, birth) then
        forget(id, packed)
        ids[#ids + 1] = id
        members[#members + 1] = member_of(id, tick, charge)
      end
    end
  end
  remove_entries(ids, members)
  return #ids
end

local function revoke_hidden(found)
  for i = 1, #found, 2 do
    local claim = unpack_claim(found[i + 1])
    local store_id, key = split(found[i])
    if is_cut(store_id, key, claim.birth) then take_away(found[i], store_id, claim) end
  end
end

local function end_cuts(found, upto)
  local ended = {}
  for i = 1, #found, 2 do
    if tonumber(found[i + 1]) <= upto then ended[#ended + 1] = found[i] end
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
  local stage, cursor, upto = 'entries', '0', h_serial
  if place then
    stage, cursor, upto = string.match(place, '^(%a+) (%d+) (%d+)$')
    upto = tonumber(upto)
  end
  local condemned = 0
  if stage == 'entries' then
    local page = call('HSCAN', ENTRIES, cursor, 'COUNT', steps)
    condemned, cursor = condemn_hidden(page[2]), page[1]
    if cursor == '0' then stage = 'claims' end
  end
  if stage == 'claims' then
    local page = call('HSCAN', CLAIMS, cursor, 'COUNT', steps)
    revoke_hidden(page[2])
    cursor = page[1]
    if cursor == '0' then stage = 'cuts' end
  end
  if stage == 'cuts' then
    local page = call('HSCAN', CUTS, cursor, 'COUNT', steps)
    end_cuts(page[2], upto)
    cursor = page[1]
    if cursor == '0' then stage = 'over' end
  end
  if stage == 'over' then
    call('HDEL', BOOKS, 'y')
  else
    call('HSET', BOOKS, 'y', stage .. ' ' .. cursor .. ' ' .. string.format('%.0f', upto))
  end
  return condemned
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

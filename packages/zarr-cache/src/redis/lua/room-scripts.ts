import { ENTRY_AT } from "../entry-record.ts";
import { Script } from "../script.ts";
import { ALLOWED_WITHOUT_MEMORY, CHANGES, CLOSE, HEAD, readHead, STORES } from "./books.ts";
import { IS_CUT } from "./cut-fields.ts";
import { WORK_OFF } from "./cuts.ts";
import { FORGET, REMOVE_ENTRIES } from "./entries.ts";
import { ANSWER_PLACE, LAST_ANSWER } from "./once.ts";
import { inBranch } from "./part.ts";
import { LOWEST, PIN_LIMIT, REBASE, REBASE_FLOOR, rankOf, TICK } from "./ranks.ts";

/**
 * Making room.
 *
 * Room for a newcomer is all or nothing: only if what ranks lower makes enough of it, that goes; else the newcomer is
 * refused, and the floor rises as if it had been admitted and evicted at once. What is condemned stays charged until it
 * is freed, and counts as room that is coming. A store that is over its quota makes room among its own entries,
 * whatever their rank.
 */

const OF_ROOM = [
  ANSWER_PLACE,
  readHead({ packed_store: "'s' .. ARGV[7]", kept_answer: "answer_place(ARGV[8])" }, ANSWER_PLACE),
  HEAD,
  ALLOWED_WITHOUT_MEMORY,
  CHANGES,
  STORES,
  CLOSE,
];

/** Bytes charged for the newcomer (empty: none), its cost, weight and store (empty: any), 8 random bytes. Answers names. */
export const MAKE_ROOM: Script = new Script(
  OF_ROOM,
  `
local MOST_EVICTIONS = 256
local MOST_CANDIDATES = 5000
local MOST_OF_QUOTA = 20000
local LOW_WATER = 0.95
local wanted, cost, weight, store_id, nonce = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8]
${inBranch([LAST_ANSWER], OF_ROOM)}
if h_cuts > 0 then
  ${inBranch([WORK_OFF], OF_ROOM)}
  work_off(500)
end
if h_base ~= 0 or (h_lru == 0 and h_floor > ${REBASE_FLOOR}) then
  ${inBranch([REBASE], OF_ROOM)}
  rebase(200)
end

local over_quota = 0
if wanted and store_id ~= '' then
  stores[store_id] = stores[store_id] or unpack_store(packed_store)
  local record = stores[store_id]
  over_quota = record.bytes - record.condemned + wanted - record.quota
end
local is_own = over_quota > 0
local highest = math.huge
if wanted and not is_own then highest = ${rankOf("1", "cost", "wanted", "weight", `(h_tick + ${TICK})`)} end

local bytes, entries
if is_own then
  bytes, entries = over_quota, 0
elseif wanted then
  bytes = h_charged - h_condemned - (h_maxBytes - wanted)
  entries = h_entries + h_reserved + 1 - h_maxEntries
else
  bytes = h_charged - h_condemned - h_maxBytes * LOW_WATER
  entries = h_entries + h_reserved - h_maxEntries
end

local victims, pinned = {}, h_pinned
if bytes > 0 or entries > 0 then
  ${inBranch([LOWEST], OF_ROOM)}
  local most = is_own and MOST_OF_QUOTA or (wanted and MOST_CANDIDATES or MOST_EVICTIONS)
  local own = store_id .. '\\n'
  for _ = 1, most do
    local candidate = next_lowest()
    if not candidate or candidate.rank > highest then break end
    -- What has an infinite rank is pinned, and so is all behind it.
    if candidate.rank == math.huge then
      if pinned <= ${PIN_LIMIT} then break end
      pinned = pinned - candidate.charge
    end
    if not is_own or string.sub(candidate.member, 13, 12 + #own) == own then
      victims[#victims + 1] = candidate
      bytes = bytes - candidate.charge
      entries = entries - 1
      if bytes <= 0 and entries <= 0 then break end
    end
  end
end
local is_enough = bytes <= 0 and entries <= 0

if wanted and not is_enough then
  if not is_own and h_lru == 0 and highest > h_floor and highest ~= math.huge then h_floor = highest end
  close()
  return {'refused'}
end
local reply = {'done'}
local evicted = math.min(#victims, MOST_EVICTIONS)
if evicted > 0 then
  ${inBranch([FORGET, IS_CUT, REMOVE_ENTRIES], OF_ROOM)}
  local ids, members = {}, {}
  for i = 1, evicted do
    members[i] = victims[i].member
    ids[i] = string.sub(members[i], 13)
  end
  local found = call('HMGET', ENTRIES, unpack(ids))
  if is_own or h_base ~= 0 then
    remove_entries(ids, members)
  else
    -- They are the first, none left out: looking each up again would take longer than all the rest.
    call('HDEL', ENTRIES, unpack(ids))
    call('ZREMRANGEBYRANK', RANKS, 0, evicted - 1)
  end
  for i = 1, evicted do
    local rank, packed = victims[i].rank, found[i]
    if not is_own and h_lru == 0 and rank > h_floor and rank ~= math.huge then h_floor = rank end
    if packed then
      local was_hidden = false
      if h_cuts > 0 then
        local victim_store, key = split(ids[i])
        was_hidden = is_cut(victim_store, key, (struct.unpack('<I6', packed, ${ENTRY_AT.birth})))
      end
      local token, victim_store = forget(ids[i], packed)
      if not was_hidden then
        reply[#reply + 1] = token
        reply[#reply + 1] = victim_store
      end
    end
  end
end
local is_more = #victims > MOST_EVICTIONS or (not is_enough and #victims > 0)
if is_own and not is_more then
  -- The store has room; whether the index has is for the next call to see.
  is_more = h_charged - h_condemned + wanted > h_maxBytes or h_entries + h_reserved + 1 > h_maxEntries
end
if is_more then reply[1] = 'more' end
if #reply > 1 then answer(reply) end
close()
return reply
`,
);

const OF_LOWERING = [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, STORES, FORGET, REMOVE_ENTRIES, CLOSE];

/**
 * Store, place among the ranks. Drives entries of a store that is over its quota out, from that place on, lowest first;
 * answers the place to go on from, or that it is done.
 */
export const LOWER_STORE: Script = new Script(
  OF_LOWERING,
  `
local MOST_CANDIDATES = 2000
local MOST_EVICTIONS = 256
local store_id, from = ARGV[4], tonumber(ARGV[5])
local record = store(store_id)
local bytes = record.bytes - record.condemned - record.quota
if bytes <= 0 then return {'done'} end
-- While ranks move, those that have moved come behind the others.
local ranks, before = RANKS, 0
if h_base ~= 0 then
  local left = call('ZCARD', RANKS)
  if from >= left then ranks, before = REBASED, left end
end
local page = call('ZRANGE', ranks, from - before, from - before + MOST_CANDIDATES - 1, 'WITHSCORES')
if #page == 0 then return {'done'} end
local ids, members, seen, pinned = {}, {}, 0, h_pinned
local own = store_id .. '\\n'
for i = 1, #page, 2 do
  local member, is_pinned = page[i], tonumber(page[i + 1]) == math.huge
  if bytes <= 0 or #ids == MOST_EVICTIONS then break end
  if is_pinned and pinned <= ${PIN_LIMIT} then
    bytes = 0
    break
  end
  seen = seen + 1
  if is_pinned then pinned = pinned - struct.unpack('>I6', member, 7) end
  if string.sub(member, 13, 12 + #own) == own then
    members[#members + 1] = member
    ids[#ids + 1] = string.sub(member, 13)
    bytes = bytes - struct.unpack('>I6', member, 7)
  end
end
if #ids > 0 then
  local found = call('HMGET', ENTRIES, unpack(ids))
  remove_entries(ids, members)
  for i, id in ipairs(ids) do
    if found[i] then forget(id, found[i]) end
  end
  close()
end
return {bytes > 0 and 'more' or 'done', from + seen - #ids, #ids}
`,
);

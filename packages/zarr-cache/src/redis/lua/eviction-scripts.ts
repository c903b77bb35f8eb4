import { Script } from "../script.ts";
import { BOOKS, OF_THIS_EPOCH } from "./books.ts";
import { WORK_OFF } from "./cuts.ts";
import { LEDGER } from "./ledger.ts";
import { ONCE } from "./once.ts";

/**
 * Making room, counting uses, and what becomes of the condemned.
 *
 * Room for a newcomer is all or nothing: only if what ranks lower makes enough of it, that goes; else the newcomer is
 * refused, and the floor rises as if it had been admitted and evicted at once. What is condemned stays charged until it
 * is freed, and counts as room that is coming. A store that is over its quota makes room among its own entries,
 * whatever their rank.
 */

/** Bytes charged for the newcomer (empty: none), its cost, weight and store (empty: any). Answers names. */
export const MAKE_ROOM: Script = new Script(
  LEDGER,
  WORK_OFF,
  ONCE,
  `
local MOST_EVICTIONS = 256
local MOST_CANDIDATES = 5000
local MOST_OF_QUOTA = 20000
local LOW_WATER = 0.95
local wanted, cost, weight, store_id = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]

work_off(500)
rebase(200)

local over_quota = 0
if wanted and store_id ~= '' then
  local record = store(store_id)
  over_quota = record.bytes - record.condemned + wanted - record.quota
end
local is_own = over_quota > 0
local highest = math.huge
if wanted and not is_own then
  highest = rank_of(1, cost, wanted, weight, h.tick + TICK)
end

local bytes, entries
if is_own then
  bytes, entries = over_quota, 0
elseif wanted then
  bytes = h.charged - h.condemned - (h.maxBytes - wanted)
  entries = h.entries + h.reserved + 1 - h.maxEntries
else
  bytes = h.charged - h.condemned - h.maxBytes * LOW_WATER
  entries = h.entries + h.reserved - h.maxEntries
end

local victims, seen, window, pinned = {}, 0, 16, h.pinned
local most = is_own and MOST_OF_QUOTA or (wanted and MOST_CANDIDATES or MOST_EVICTIONS)
local own = store_id .. '\\n'
local is_end = false
while (bytes > 0 or entries > 0) and seen < most and not is_end do
  local page = lowest(seen, math.min(window, most - seen))
  is_end = #page == 0
  for _, candidate in ipairs(page) do
    if not (bytes > 0 or entries > 0) then break end
    -- What has an infinite rank is pinned, and so is all behind it.
    local is_pinned = candidate.rank == math.huge
    if candidate.rank > highest or (is_pinned and pinned <= pin_limit()) then
      is_end = true
      break
    end
    seen = seen + 1
    if is_pinned then pinned = pinned - candidate.charge end
    if not is_own or string.sub(candidate.id, 1, #own) == own then
      victims[#victims + 1] = candidate
      bytes = bytes - candidate.charge
      entries = entries - 1
    end
  end
  window = math.min(window * 4, 1000)
end
local is_enough = bytes <= 0 and entries <= 0

if wanted and not is_enough then
  if not is_own and h.lru == 0 and highest > h.floor and highest ~= math.huge then h.floor = highest end
  close()
  return answer({'refused'})
end
local reply = {}
for i = 1, math.min(#victims, MOST_EVICTIONS) do
  local victim = victims[i]
  if not is_own and h.lru == 0 and victim.rank > h.floor and victim.rank ~= math.huge then h.floor = victim.rank end
  local entry = entry_of(victim.id)
  if entry then
    local victim_store, key = split(victim.id)
    local was_hidden = is_hidden(victim_store, key, entry.birth)
    drop_entry(victim.id, entry)
    if not was_hidden then
      reply[#reply + 1] = entry.token
      reply[#reply + 1] = victim_store
    end
  end
end
local is_more = #victims > MOST_EVICTIONS or (not is_enough and #victims > 0)
if is_own and not is_more then
  -- The store has room; whether the index has is for the next call to see.
  is_more = h.charged - h.condemned + wanted > h.maxBytes or h.entries + h.reserved + 1 > h.maxEntries
end
table.insert(reply, 1, is_more and 'more' or 'done')
close()
return answer(reply)
`,
);

/** Groups of id, token, uses, last use, tick, reads, milliseconds of reading. */
export const COUNT_USES: Script = new Script(
  LEDGER,
  ONCE,
  `
h.tick = h.tick + TICK
for at = 4, #ARGV, 7 do
  local id = ARGV[at]
  local entry = entry_of(id)
  if entry and entry.token == ARGV[at + 1] then
    local uses = tonumber(ARGV[at + 2])
    entry.reads = math.min(entry.reads + tonumber(ARGV[at + 5]), 4294967295)
    entry.read_time = entry.read_time + tonumber(ARGV[at + 6])
    if uses > 0 then
      unrank(id, entry)
      entry.uses = math.min(entry.uses + uses, 4294967295)
      if entry.weight < 1 then entry.weight = 1 end
      entry.used_at = math.max(entry.used_at, tonumber(ARGV[at + 3]))
      entry.tick = math.max(entry.tick, tonumber(ARGV[at + 4]))
      rank(id, entry)
    end
    write_entry(id, entry)
  end
end
close()
return answer({'ok', string.format('%.0f', h.tick)})
`,
);

/** id, store, key, weight. */
export const WEIGH: Script = new Script(
  LEDGER,
  `
local id, store_id, key, weight = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local entry = entry_of(id)
if not entry or is_hidden(store_id, key, entry.birth) then return {'absent'} end
if entry.weight == weight then return {'weighed', string.format('%.0f', h.tick)} end
if weight == math.huge and h.pinned + entry.charge > pin_limit() then return {'refused'} end
unrank(id, entry)
if entry.weight == math.huge then h.pinned = h.pinned - entry.charge end
if weight == math.huge then h.pinned = h.pinned + entry.charge end
h.tick = h.tick + TICK
entry.weight, entry.tick = weight, h.tick
write_entry(id, entry)
rank(id, entry)
close()
return {'weighed', string.format('%.0f', h.tick)}
`,
);

/** token, id, store, key, 8 random bytes that name the call. */
export const CONDEMN: Script = new Script(
  LEDGER,
  `
local token, id, store_id, key, nonce = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local entry = entry_of(id)
if entry and entry.token == token and not is_hidden(store_id, key, entry.birth) then
  drop_entry(id, entry, false, nonce)
  close()
  return {'condemned'}
end
local name = call('HGET', BOOKS, 'd' .. token)
return {name and string.sub(name, 17, 24) == nonce and 'condemned' or 'other'}
`,
);

/** Tokens. */
export const FREE: Script = new Script(
  BOOKS,
  OF_THIS_EPOCH,
  `
for at = 4, #ARGV do free(ARGV[at]) end
close()
return {'ok'}
`,
);

/** Tokens. Answers a digit for each: 1 for those that are charged. */
export const KNOWN: Script = new Script(
  BOOKS,
  OF_THIS_EPOCH,
  `
local digits = {}
for at = 4, #ARGV do
  digits[#digits + 1] = name_at(names_in(bucket_of(ARGV[at])), ARGV[at]) and '1' or '0'
end
return {'ok', table.concat(digits)}
`,
);

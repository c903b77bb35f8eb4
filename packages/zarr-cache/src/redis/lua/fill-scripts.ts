import { Script } from "../script.ts";
import { LEDGER } from "./ledger.ts";

/**
 * claim → reserve → commit, or confirm, or release: the life of a fill. Each step is found by the token that the client made, so
 * doing it again answers the same and changes nothing: a claim with this token is granted again, a reservation is
 * charged once, an entry with this token was committed before.
 */

/** token, id, id of the whole (or empty), store, key, fresh within: present, missing. */
export const CLAIM: Script = new Script(
  LEDGER,
  `
local token, id, whole, store_id, key = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local claim = claim_of(id)
if claim and claim.token == token then
  return {'fill', string.format('%.17g', claim.claimed_at)}
end
if is_being_written(store_id, key) then return {'writing'} end
for i, packed in ipairs(call('HMGET', ENTRIES, id, whole)) do
  local entry = packed and unpack_entry(packed)
  if entry and not is_hidden(store_id, key, entry.birth) then
    local age = now - entry.fetched_at
    local bound = tonumber(ARGV[entry.flags % 2 == 1 and 10 or 9])
    if age >= 0 and age <= bound and now < entry.expires_at then return {'hit', packed, i} end
    break
  end
end
local is_over = claim and (is_hidden(store_id, key, claim.birth) or not lives(claim.renewed_at))
if claim and not is_over then
  if claim.waiters == 0 then
    claim.waiters = 1
    write_claim(id, claim)
  end
  return {'wait', claim.token}
end
local mark = h.marks > 0 and call('HGET', STATE, 'p' .. id)
if mark then
  local since, ends = struct.unpack('<dd', mark)
  if now >= since and now < ends then return {'pass'} end
end
if claim then
  take_away(id, store_id, claim)
  close()
end
write_claim(id, {token = token, claimed_at = now, renewed_at = now, birth = h.serial, charge = 0, weight = 1, waiters = 0})
return {'fill', string.format('%.17g', now)}
`,
);

/** token, id, store, bytes charged, bytes of the value, weight. */
export const RESERVE: Script = new Script(
  LEDGER,
  `
local token, id, store_id = ARGV[4], ARGV[5], ARGV[6]
local bytes, size = tonumber(ARGV[7]), tonumber(ARGV[8])
local claim = held_claim(id, token)
if not claim then return {'lost'} end
if claim.charge > 0 then return {'reserved'} end
local record = store(store_id)
if size > h.maxEntryBytes or bytes > h.maxBytes or h.maxEntries < 1 or bytes > record.quota then return {'refused'} end
if h.charged + bytes > h.maxBytes or h.entries + h.reserved >= h.maxEntries then return {'full'} end
if record.bytes + bytes > record.quota then return {'full'} end
charge(token, store_id, bytes)
h.reserved = h.reserved + 1
claim.charge = bytes
claim.weight = tonumber(ARGV[9])
write_claim(id, claim)
close()
return {'reserved'}
`,
);

/** token, id, store, key, range, flags, size, checksum, age, expires at, cost, validator. */
export const COMMIT: Script = new Script(
  LEDGER,
  `
local token, id, store_id, key, range = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local old = entry_of(id)
if old and old.token == token then
  return {is_hidden(store_id, key, old.birth) and 'lost' or 'kept', string.format('%.0f', h.tick)}
end
local claim = held_claim(id, token)
if not claim or claim.charge == 0 or is_being_written(store_id, key) then return {'lost'} end
end_claim(id, claim)
local weight = claim.weight
local is_pinned = weight == math.huge
if old then
  is_pinned = is_pinned or (old.weight == math.huge and not is_hidden(store_id, key, old.birth))
  drop_entry(id, old)
end
if is_pinned then
  if h.pinned + claim.charge <= pin_limit() then
    weight = math.huge
    h.pinned = h.pinned + claim.charge
  elseif weight == math.huge then
    weight = 1
  end
end
if range == '' then drop_ranges(store_id, key) else list_range(store_id, key, range) end
h.tick = h.tick + TICK
local entry = {
  token = token, flags = tonumber(ARGV[9]), size = tonumber(ARGV[10]), charge = claim.charge,
  checksum = tonumber(ARGV[11]), fetched_at = claim.claimed_at - tonumber(ARGV[12]),
  expires_at = tonumber(ARGV[13]), cost = tonumber(ARGV[14]), weight = weight, tick = h.tick,
  birth = h.serial, uses = 1, used_at = now, reads = 0, read_time = 0, validator = ARGV[15],
}
write_entry(id, entry)
rank(id, entry)
h.entries = h.entries + 1
local record = store(store_id)
record.entries = record.entries + 1
close()
return {'kept', string.format('%.0f', h.tick)}
`,
);

/** token, id, id of the entry that is confirmed, its token, age, expires at. */
export const CONFIRM: Script = new Script(
  LEDGER,
  `
local id, holder = ARGV[5], ARGV[6]
local claim = held_claim(id, ARGV[4])
local entry = claim and entry_of(holder)
local store_id, key = split(holder)
if not entry or entry.token ~= ARGV[7] or is_hidden(store_id, key, entry.birth) then return {'lost'} end
entry.fetched_at = claim.claimed_at - tonumber(ARGV[8])
entry.expires_at = tonumber(ARGV[9])
write_entry(holder, entry)
return {'kept'}
`,
);

/** token, id, milliseconds of a pass mark, failure (or empty). */
export const RELEASE: Script = new Script(
  LEDGER,
  `
local MOST_MARKS = 10000
local token, id, pass_for, failure = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local store_id, key = split(id)
local claim = claim_of(id)
if claim and claim.token == token then
  local is_revoked = is_hidden(store_id, key, claim.birth)
  end_claim(id, claim, not is_revoked and failure ~= '' and failure or nil)
  if claim.charge > 0 then condemn(token, store_id, claim.charge) end
  if not is_revoked and pass_for > 0 and h.marks < MOST_MARKS then
    h.marks = h.marks + call('HSET', STATE, 'p' .. id, struct.pack('<dd', now, now + pass_for))
  end
  close()
  return {'ok'}
end
local revoked = call('HGET', STATE, 'v' .. token)
if revoked then
  local _, bytes = struct.unpack('<dd', revoked)
  call('HDEL', STATE, 'v' .. token)
  condemn(token, string.sub(revoked, 17), bytes)
  close()
end
return {'ok'}
`,
);

/** Groups of token, id, store, key. Answers the places of those that no longer hold. */
export const RENEW: Script = new Script(
  LEDGER,
  `
local lost = {'ok'}
for at = 4, #ARGV, 4 do
  local token, id, store_id, key = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local claim = held_claim(id, token)
  local is_held = claim ~= nil
  if claim then
    claim.renewed_at = now
    write_claim(id, claim)
  else
    local intents = intents_of(store_id, key)
    for _, intent in ipairs(intents) do
      if intent.token == token then
        intent.renewed_at = now
        is_held = true
      end
    end
    if is_held then write_intents(store_id, key, intents) end
  end
  if not is_held then
    lost[#lost + 1] = (at - 4) / 4
    -- Its owner lives, and may still be writing.
    local revoked = call('HGET', STATE, 'v' .. token)
    if revoked then call('HSET', STATE, 'v' .. token, struct.pack('<d', now) .. string.sub(revoked, 9)) end
  end
end
return lost
`,
);

/** token, id. Whether the claim lives, and else the failure that ended it. */
export const SETTLED: Script = new Script(
  LEDGER,
  `
local claim = held_claim(ARGV[5], ARGV[4])
if claim and lives(claim.renewed_at) then
  if claim.waiters == 0 then
    claim.waiters = 1
    write_claim(ARGV[5], claim)
  end
  return {'lives'}
end
local failure = call('HGET', STATE, 'f' .. ARGV[4])
return {'over', failure and string.sub(failure, 9) or ''}
`,
);

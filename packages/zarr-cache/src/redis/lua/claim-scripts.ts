import { ENTRY_AT } from "../entry-record.ts";
import { MARK_FLAGS } from "../epoch-mark.ts";
import { EPOCH_BYTES } from "../head-record.ts";
import { Script } from "../script.ts";
import { ALLOWED_WITHOUT_MEMORY, CLOSE, CONDEMN_NAME, HEAD, NOW, readHead, SHARD } from "./books.ts";
import { CLAIM_FORMAT, CLAIM_RECORD, END_CLAIM, HELD_CLAIM, LIVES, TAKE_AWAY, WAKE } from "./claims.ts";
import { IS_CUT, SPLIT } from "./cut-fields.ts";
import { INTENTS, IS_BEING_WRITTEN, WRITE_INTENTS } from "./intents.ts";
import { inBranch } from "./part.ts";

/**
 * The right to fill a part: taken, kept alive, waited for, given up. Each is found by the token that the client made: a claim
 * with this token is granted again, and one that was given up is given up.
 */

/**
 * token, id, id of the whole (or empty), store, key, fresh within: present, missing. Answers the time of a claim that
 * is granted now. What it must know of the shard
 * is in the mark beside the entry.
 */
export const CLAIM: Script = new Script(
  [SHARD],
  `
local token, id, store_id, key = ARGV[4], ARGV[5], ARGV[7], ARGV[8]
local mark = call('HGET', ENTRIES, '!')
if not mark or string.sub(mark, 1, ${EPOCH_BYTES}) ~= EPOCH then return {'gone'} end
local serial, flags = struct.unpack('<I6B', mark, ${EPOCH_BYTES + 1})
local at = tonumber(ARGV[2])
if not at then
  local time = call('TIME')
  at = time[1] * 1000 + math.floor(time[2] / 1000)
end
local granted = at % 1 == 0 and at or {'fill', string.format('%.17g', at)}
local packed_new = struct.pack('${CLAIM_FORMAT}', token, at, at, serial, 0, 1, 0)
local own, whole = call('HGET', ENTRIES, id), ARGV[6] ~= '' and call('HGET', ENTRIES, ARGV[6])
-- Nothing there, nothing to heed, and nobody is at it: what nearly every claim is.
if flags == 0 and not own and not whole and call('HSETNX', CLAIMS, id, packed_new) == 1 then
  return granted
end
local claim
local packed_claim = call('HGET', CLAIMS, id)
if packed_claim then
  ${inBranch([CLAIM_RECORD], [SHARD])}
  claim = unpack_claim(packed_claim)
  if claim.token == token then return {'fill', string.format('%.17g', claim.claimed_at)} end
end
local is_hidden
if flags % ${2 * MARK_FLAGS.cuts} >= ${MARK_FLAGS.cuts} then
  ${inBranch([IS_CUT], [SHARD])}
  is_hidden = is_cut
end
if flags >= ${MARK_FLAGS.intents} then
  ${inBranch([IS_BEING_WRITTEN], [SHARD])}
  if is_being_written(store_id, key) then return {'writing'} end
end
for i = 1, 2 do
  local packed = i == 1 and own or (i == 2 and whole)
  if packed and not (is_hidden and is_hidden(store_id, key, (struct.unpack('<I6', packed, ${ENTRY_AT.birth})))) then
    local fetched_at, expires_at = struct.unpack('<dd', packed, ${ENTRY_AT.fetchedAt})
    local age, is_missing = at - fetched_at, string.byte(packed, ${ENTRY_AT.flags}) % 2 == 1
    if age >= 0 and age <= tonumber(ARGV[is_missing and 10 or 9]) and at < expires_at then
      return {'hit', packed, i}
    end
    break
  end
end
local is_over = false
if claim then
  is_over = math.abs(at - claim.renewed_at) > tonumber(ARGV[3])
    or (is_hidden and is_hidden(store_id, key, claim.birth))
  if not is_over then
    if claim.waiters == 2 then return {'pass'} end
    if claim.waiters == 0 then
      ${inBranch([CLAIM_RECORD], [SHARD])}
      claim.waiters = 1
      write_claim(id, claim)
    end
    return {'wait', claim.token}
  end
end
if flags % ${2 * MARK_FLAGS.passes} >= ${MARK_FLAGS.passes} then
  local pass = call('HGET', STATE, 'p' .. id)
  if pass then
    local since, ends = struct.unpack('<dd', pass)
    if at >= since and at < ends then return {'pass'} end
  end
end
if is_over then
  ${inBranch([readHead(), TAKE_AWAY, CLOSE], [SHARD])}
  take_away(id, store_id, claim)
  close()
end
call('HSET', CLAIMS, id, packed_new)
return granted
`,
);

/** Groups of token, id, store, key. Answers the places of those that no longer hold. */
export const RENEW: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, HELD_CLAIM, NOW, INTENTS, WRITE_INTENTS],
  `
local lost = {'ok'}
for at = 4, #ARGV, 4 do
  local token, id, store_id, key = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local claim = held_claim(id, token)
  local is_held = claim ~= nil
  if claim then
    claim.renewed_at = now()
    write_claim(id, claim)
  elseif h_intents > 0 then
    local intents = intents_of(store_id, key)
    for _, intent in ipairs(intents) do
      if intent.token == token then
        intent.renewed_at = now()
        if intent.flags >= TOLD then intent.flags = intent.flags - TOLD end
        is_held = true
      end
    end
    if is_held then write_intents(store_id, key, intents) end
  end
  if not is_held then
    lost[#lost + 1] = (at - 4) / 4
    -- Its owner lives, and may still be writing.
    local revoked = call('HGET', STATE, 'v' .. token)
    if revoked then call('HSET', STATE, 'v' .. token, struct.pack('<d', now()) .. string.sub(revoked, 9)) end
  end
end
return lost
`,
);

/** token, id. Whether the claim lives, and else the failure that ended it. */
export const SETTLED: Script = new Script(
  [readHead(), HEAD, HELD_CLAIM, LIVES],
  `
local claim = held_claim(ARGV[5], ARGV[4])
if claim and claim.waiters < 2 and lives(claim.renewed_at) then
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

/** token, id. Nobody shall wait for the claim, which lives on. */
export const LET_PASS: Script = new Script(
  [readHead(), HEAD, HELD_CLAIM, WAKE],
  `
local claim = held_claim(ARGV[5], ARGV[4])
if not claim then return {'ok'} end
local is_awaited = claim.waiters == 1
claim.waiters = 2
write_claim(ARGV[5], claim)
if is_awaited then wake(claim.token) end
return {'ok'}
`,
);

/** token, id, milliseconds of a pass mark, failure (or empty). */
export const RELEASE: Script = new Script(
  [
    readHead(),
    HEAD,
    ALLOWED_WITHOUT_MEMORY,
    CLAIM_RECORD,
    IS_CUT,
    SPLIT,
    NOW,
    END_CLAIM,
    CONDEMN_NAME,
    CLOSE,
  ],
  `
local FAILURE_KEPT = 5000
local MOST_MARKS = 10000
local token, id, pass_for, failure = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local store_id, key = split(id)
local packed = call('HGET', CLAIMS, id)
if packed and string.sub(packed, 1, 12) == token then
  local claim = unpack_claim(packed)
  local is_revoked = h_cuts > 0 and is_cut(store_id, key, claim.birth)
  if not is_revoked and failure ~= '' then
    call('HSET', STATE, 'f' .. token, struct.pack('<d', now() + FAILURE_KEPT) .. failure)
  end
  end_claim(id, claim)
  if claim.charge > 0 then condemn(token, store_id, claim.charge) end
  if not is_revoked and pass_for > 0 and h_marks < MOST_MARKS then
    is_marked_anew = is_marked_anew or h_marks == 0
    h_marks = h_marks + call('HSET', STATE, 'p' .. id, struct.pack('<dd', now(), now() + pass_for))
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

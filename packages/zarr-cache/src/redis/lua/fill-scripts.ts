import { GRACE_BYTES } from "../../grace.ts";
import { COST_IN_FACTS, ENTRY_AT, ENTRY_GONE_FORMAT, GRACED, WANT_FORMAT } from "../entry-record.ts";
import { Script } from "../script.ts";
import { CLOSE, HEAD, partOfHead, readHead } from "./books.ts";
import { CLAIM_FORMAT, HELD_CLAIM } from "./claims.ts";
import { IS_CUT, SPLIT } from "./cut-fields.ts";
import { DROP_ENTRY, DROP_RANGES, LIST_RANGE } from "./entries.ts";
import { IS_BEING_WRITTEN } from "./intents.ts";
import { inBranch } from "./part.ts";
import { memberOf, PIN_LIMIT, rankOf, TICK } from "./ranks.ts";

/**
 * claim → reserve → commit, or confirm, or release: the life of a fill. Each step is found by the token that the client made, so
 * doing it again answers the same and changes nothing: a claim with this token is granted again, a reservation is
 * charged once, an entry with this token was committed before.
 *
 * Every fill takes the first three, so these read and write no more than they must, and make functions only in branches
 * that are seldom taken.
 */

/** Counts of the fill's store. */
const UNPACK_STORE = `
local entries, held, condemned, quota = 0, 0, 0, math.huge
if packed_store then entries, held, condemned, quota = struct.unpack('<dddd', packed_store) end`;

const OF_RESERVE = [readHead({ packed_store: "'s' .. ARGV[6]", bucket: "'n' .. string.sub(ARGV[4], 2, 3)" })];
const RESERVE_HEAD = partOfHead("entries", "maxEntryBytes");

/** token, id, store, what is wanted as `packWant` packs it. */
export const RESERVE: Script = new Script(
  OF_RESERVE,
  `
${RESERVE_HEAD.read}
local token, id, store_id = ARGV[4], ARGV[5], ARGV[6]
local bytes, size, weight = struct.unpack('${WANT_FORMAT}', ARGV[7])
local packed_claim = call('HGET', CLAIMS, id)
if not packed_claim then return {'lost'} end
local owner, claimed_at, renewed_at, birth, charged, _, waiters = struct.unpack('${CLAIM_FORMAT}', packed_claim)
if owner ~= token then return {'lost'} end
if h_cuts > 0 then
  ${inBranch([IS_CUT, SPLIT], OF_RESERVE)}
  local _, key = split(id)
  if is_cut(store_id, key, birth) then return {'lost'} end
end
if charged > 0 then return {'reserved'} end
${UNPACK_STORE}
if size > h_maxEntryBytes or bytes > h_maxBytes or h_maxEntries < 1 or bytes > quota then return {'refused'} end
if h_charged + bytes > h_maxBytes or h_entries + h_reserved >= h_maxEntries or held + bytes > quota then
  return {'full'}
end
h_charged = h_charged + bytes
h_reserved = h_reserved + 1
h_version = h_version + 1
call('HSET', CLAIMS, id,
  struct.pack('${CLAIM_FORMAT}', token, claimed_at, renewed_at, birth, bytes, weight, waiters))
-- What is charged for the first time has no name yet.
call('HSET', BOOKS, 'h', ${RESERVE_HEAD.packed},
  's' .. store_id, struct.pack('<dddd', entries, held + bytes, condemned, quota),
  'n' .. string.sub(token, 2, 3), (bucket or '') .. string.sub(token, 4, 11))
return 'reserved'
`,
);

const COMMIT_FIELDS = { packed_store: "'s' .. ARGV[6]", ranges: "'k' .. ARGV[6] .. '\\n' .. ARGV[7]" };
const OF_COMMIT = [readHead(COMMIT_FIELDS)];
const COMMIT_HEAD = partOfHead("intents", "version");

/** token, id, store, key, range, facts as `packFacts` packs them. Answers the tick of an entry that is visible. */
export const COMMIT: Script = new Script(
  OF_COMMIT,
  `
${COMMIT_HEAD.read}
local token, id, store_id, key, range = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local old = call('HGET', ENTRIES, id)
local is_committed = old and string.sub(old, 1, 12) == token
local packed_claim = not is_committed and call('HGET', CLAIMS, id)
if not is_committed and not packed_claim then return {'lost'} end
local owner, _, birth, charge, weight, waiters
if packed_claim then
  owner, _, _, birth, charge, weight, waiters = struct.unpack('${CLAIM_FORMAT}', packed_claim)
  if owner ~= token or charge == 0 then return {'lost'} end
else
  birth = struct.unpack('<I6', old, ${ENTRY_AT.birth})
end
if h_cuts > 0 then
  ${inBranch([IS_CUT], OF_COMMIT)}
  if is_cut(store_id, key, birth) then return {'lost'} end
end
if is_committed then return h_tick end
if h_intents > 0 then
  ${inBranch([IS_BEING_WRITTEN], OF_COMMIT)}
  if is_being_written(store_id, key) then return {'lost'} end
end
call('HDEL', CLAIMS, id)
-- An account that may not publish leaves those who wait to ask again.
if waiters == 1 then redis.pcall('PUBLISH', STATE, token) end
local is_replacing = old or (ranges and range == '') or weight == math.huge
if is_replacing then
  ${inBranch([HEAD, IS_CUT, DROP_ENTRY, DROP_RANGES, CLOSE], OF_COMMIT)}
  local is_pinned = weight == math.huge
  if old then
    local _, _, _, old_birth, old_weight = struct.unpack('${ENTRY_GONE_FORMAT}', old)
    is_pinned = is_pinned or (old_weight == math.huge and not (h_cuts > 0 and is_cut(store_id, key, old_birth)))
    drop_entry(id, old)
  end
  if is_pinned then
    if h_pinned + charge <= ${PIN_LIMIT} then
      weight = math.huge
      h_pinned = h_pinned + charge
    elseif weight == math.huge then
      weight = 1
    end
  end
  if ranges and range == '' then drop_ranges(store_id, key, ranges) end
  close()
end
if is_replacing then
  packed_head = call('HGET', BOOKS, 'h')
  packed_store = call('HGET', BOOKS, ${COMMIT_FIELDS.packed_store})
  ranges = call('HGET', BOOKS, ${COMMIT_FIELDS.ranges})
  ${COMMIT_HEAD.readAgain}
end
if range ~= '' then
  ${inBranch([LIST_RANGE], OF_COMMIT)}
  list_range(store_id, key, range, ranges)
end
h_tick = h_tick + ${TICK}
h_entries = h_entries + 1
h_reserved = h_reserved - 1
h_version = h_version + 1
local cost = struct.unpack('<d', ARGV[9], ${COST_IN_FACTS})
call('HSET', ENTRIES, id, struct.pack('${ENTRY_GONE_FORMAT}', token, charge, h_tick, h_serial, weight) .. ARGV[9])
call('ZADD', h_base == 0 and RANKS or REBASED, ${rankOf("1", "cost", "charge", "weight", "h_tick")},
  ${memberOf("id", "h_tick", "charge")})
${UNPACK_STORE}
call('HSET', BOOKS, 'h', ${COMMIT_HEAD.packed},
  's' .. store_id, struct.pack('<dddd', entries + 1, held, condemned, quota))
return h_tick
`,
);

/** token, id, id of the entry that is confirmed, its token, age, expires at, grace. */
export const CONFIRM: Script = new Script(
  [readHead(), HEAD, HELD_CLAIM],
  `
local holder = ARGV[6]
local claim = held_claim(ARGV[5], ARGV[4])
local packed = claim and call('HGET', ENTRIES, holder)
if not packed or string.sub(packed, 1, 12) ~= ARGV[7] then return {'lost'} end
local store_id, key = split(holder)
if h_cuts > 0 and is_cut(store_id, key, (struct.unpack('<I6', packed, ${ENTRY_AT.birth}))) then return {'lost'} end
local grace, flags, tail = ARGV[10], string.byte(packed, ${ENTRY_AT.flags}), ${ENTRY_AT.tail}
if flags >= ${GRACED} then
  flags = flags - ${GRACED}
  tail = tail + ${GRACE_BYTES}
end
if grace ~= '' then flags = flags + ${GRACED} end
call('HSET', ENTRIES, holder, string.sub(packed, 1, ${ENTRY_AT.flags - 1}) .. string.char(flags)
  .. string.sub(packed, ${ENTRY_AT.flags + 1}, ${ENTRY_AT.fetchedAt - 1})
  .. struct.pack('<dd', claim.claimed_at - tonumber(ARGV[8]), tonumber(ARGV[9]))
  .. string.sub(packed, ${ENTRY_AT.cost}, ${ENTRY_AT.tail - 1}) .. grace .. string.sub(packed, tail))
return {'kept'}
`,
);

import { ENTRY_AT } from "../entry-record.ts";
import { Script } from "../script.ts";
import { ALLOWED_WITHOUT_MEMORY, CLOSE, CONDEMN_NAME, HEAD, NOW, readHead, STORES } from "./books.ts";
import { DROP_KEY, HELD_CLAIM, LIVES, TAKE_AWAY, WAKE } from "./claims.ts";
import { ADD_CUT, IS_CUT, SPLIT } from "./cut-fields.ts";
import { WORK_OFF } from "./cuts.ts";
import { INTENTS, WRITE_INTENTS } from "./intents.ts";
import { ONCE, TELL } from "./once.ts";

/**
 * What makes entries and fills go: invalidations, and the two ends of a write.
 *
 * Each takes away entries and claims of its shard and tells the tiers above in one step, where the shard has the stream.
 * Where another has it, the client tells in a second step, after all cuts: a tier that heard before might copy what is
 * not yet cut.
 */

/** store, path, origin, whether the binding is forgotten. Keys: answer, stream if this shard has it. */
export const INVALIDATE: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, ONCE, TELL, STORES, WAKE, ADD_CUT, DROP_KEY, WORK_OFF, CLOSE],
  `
local store_id, path, origin = ARGV[4], ARGV[5], ARGV[6]
local below = path
if string.sub(path, -1) ~= '/' then
  drop_key(store_id, path)
  below = path .. '/'
end
local has_claims = call('HLEN', CLAIMS) > 0
if store(store_id).entries > 0 or has_claims then add_cut('>' .. store_id .. '\\n' .. below) end
if has_claims then wake('*') end
if ARGV[7] == '1' then call('HDEL', BOOKS, 'b' .. store_id) end
tell(KEYS[10], store_id, path, origin)
work_off(100)
close()
return answer({h_cuts > 0 and 'more' or 'done'})
`,
);

/** store, path, origin. Keys: answer, stream. For what was dropped in other shards. */
export const ANNOUNCE: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, ONCE, TELL, CLOSE],
  `
tell(KEYS[10], ARGV[4], ARGV[5], ARGV[6])
close()
return answer({'ok'})
`,
);

/** token, store, key, origin. Keys: stream if this shard has it. */
export const OPEN_WRITE: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, NOW, LIVES, WRITE_INTENTS, IS_CUT, DROP_KEY, TELL, CLOSE],
  `
local token, store_id, key, origin = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local intents = intents_of(store_id, key)
local is_contended = false
for _, intent in ipairs(intents) do
  if intent.token == token then return {'ok', time_reply(now())} end
  if lives(intent.renewed_at) then
    is_contended = true
    if intent.flags % 2 == 0 then intent.flags = intent.flags + CONTENDED end
  end
end
local copy = call('HGET', ENTRIES, store_id .. '\\n' .. key .. '\\n')
local had_copy = copy and string.byte(copy, ${ENTRY_AT.flags}) % 2 == 0
  and not (h_cuts > 0 and is_cut(store_id, key, (struct.unpack('<I6', copy, ${ENTRY_AT.birth}))))
drop_key(store_id, key)
intents[#intents + 1] =
  {token = token, renewed_at = now(), flags = (is_contended and CONTENDED or 0) + (had_copy and HAD_COPY or 0)}
write_intents(store_id, key, intents)
tell(KEYS[9], store_id, key, origin)
close()
return {'ok', time_reply(now())}
`,
);

/** token of the write, store, key, keep, token of the claim that may follow, origin. Keys: stream if it is here. */
export const CLOSE_WRITE: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, NOW, LIVES, WRITE_INTENTS, HELD_CLAIM, DROP_KEY, TELL, CLOSE],
  `
local token, store_id, key, keep, claim_token, origin = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local id = store_id .. '\\n' .. key .. '\\n'
local intents, own = {}, nil
local is_being_written = false
for _, intent in ipairs(intents_of(store_id, key)) do
  if intent.token == token then
    own = intent
  else
    intents[#intents + 1] = intent
    is_being_written = is_being_written or lives(intent.renewed_at)
  end
end
if not own then
  -- Closed before; if by this very call, its answer was lost.
  local claim = held_claim(id, claim_token)
  return claim and {'kept', time_reply(claim.claimed_at)} or {'closed'}
end
write_intents(store_id, key, intents)
drop_key(store_id, key)
tell(KEYS[9], store_id, key, origin)
local is_kept = keep == '1' and own.flags == HAD_COPY and lives(own.renewed_at) and not is_being_written
if is_kept then
  write_claim(id,
    {token = claim_token, claimed_at = now(), renewed_at = now(), birth = h_serial, charge = 0, weight = 1, waiters = 0})
end
close()
return is_kept and {'kept', time_reply(now())} or {'closed'}
`,
);

/** store, key. The writers of a key that are dead, and of which the others were told. */
export const TOLD_OF_DEAD: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, NOW, LIVES, INTENTS, WRITE_INTENTS, CLOSE],
  `
local intents = intents_of(ARGV[4], ARGV[5])
for _, intent in ipairs(intents) do
  if intent.flags < TOLD and not lives(intent.renewed_at) then intent.flags = intent.flags + TOLD end
end
write_intents(ARGV[4], ARGV[5], intents)
close()
return {'ok'}
`,
);

/**
 * Places in the tables of state and claims. Answers what expired, was condemned, whether there is more, both places; then
 * stores and keys whose writers are dead, of which nobody was told.
 */
export const SWEEP: Script = new Script(
  [
    readHead(),
    HEAD,
    ALLOWED_WITHOUT_MEMORY,
    NOW,
    LIVES,
    SPLIT,
    TAKE_AWAY,
    INTENTS,
    WRITE_INTENTS,
    CONDEMN_NAME,
    WORK_OFF,
    CLOSE,
  ],
  `
local INTENT_KEPT = 86400000
local expired, dead = 0, {}
local condemned = work_off(500)
local claims = call('HSCAN', CLAIMS, ARGV[5], 'COUNT', 200)
for i = 1, #claims[2], 2 do
  local id, claim = claims[2][i], unpack_claim(claims[2][i + 1])
  if not lives(claim.renewed_at) then
    take_away(id, (split(id)), claim)
    expired = expired + 1
  end
end
local state = call('HSCAN', STATE, ARGV[4], 'COUNT', 200)
for i = 1, #state[2], 2 do
  local field, packed = state[2][i], state[2][i + 1]
  local kind = string.sub(field, 1, 1)
  if kind == 'p' then
    local since, ends = struct.unpack('<dd', packed)
    if now() < since or now() >= ends then
      h_marks = h_marks - call('HDEL', STATE, field)
      is_marked_anew = true
    end
  elseif kind == 'f' then
    if now() >= struct.unpack('<d', packed) then call('HDEL', STATE, field) end
  elseif kind == 'v' then
    local renewed_at, bytes = struct.unpack('<dd', packed)
    if not lives(renewed_at) then
      call('HDEL', STATE, field)
      condemn(string.sub(field, 2), string.sub(packed, 17), bytes)
      expired = expired + 1
    end
  elseif kind == 'w' then
    local store_id, key = string.match(field, '^w([^\\n]*)\\n(.*)$')
    local kept = {}
    local intents = intents_of(store_id, key)
    local is_untold = false
    for _, intent in ipairs(intents) do
      is_untold = is_untold or (intent.flags < TOLD and not lives(intent.renewed_at))
      -- One that is not renewed stops nobody, but its writer may yet come back, and closing it must drop what came since.
      if math.abs(now() - intent.renewed_at) <= INTENT_KEPT then kept[#kept + 1] = intent end
    end
    if #kept < #intents then
      expired = expired + #intents - #kept
      write_intents(store_id, key, kept)
    end
    if is_untold then
      dead[#dead + 1] = store_id
      dead[#dead + 1] = key
    end
  end
end
close()
local is_more = state[1] ~= '0' or claims[1] ~= '0' or h_cuts > 0
return {'ok', expired, condemned, is_more and 1 or 0, state[1], claims[1], unpack(dead)}
`,
);

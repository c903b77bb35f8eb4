import { CONDEMN_NAME, HEAD, NOW, SHARD } from "./books.ts";
import { ADD_CUT, IS_CUT, SPLIT } from "./cut-fields.ts";
import { DROP_ENTRY, DROP_RANGES } from "./entries.ts";
import { LuaPart } from "./part.ts";

/**
 * Claims, and how those who wait learn that one has ended: by a message on the channel of the shard, sent only if
 * somebody was told to wait, and by asking again. A message that is lost costs a moment.
 */
/**
 * How Lua's `struct` packs a claim: token, claimed at, renewed at, birth, charge, weight, and 1 if somebody waits, 2 if
 * nobody shall.
 */
export const CLAIM_FORMAT = "<c12ddI6I6dB";

/** Reads and writes claims whole. */
export const CLAIM_RECORD: LuaPart = new LuaPart(
  `
local CLAIM = '${CLAIM_FORMAT}'
local function unpack_claim(packed)
  local token, claimed_at, renewed_at, birth, charge, weight, waiters = struct.unpack(CLAIM, packed)
  return {token = token, claimed_at = claimed_at, renewed_at = renewed_at, birth = birth, charge = charge,
    weight = weight, waiters = waiters}
end
local function write_claim(id, c)
  call('HSET', CLAIMS, id,
    struct.pack(CLAIM, c.token, c.claimed_at, c.renewed_at, c.birth, c.charge, c.weight, c.waiters))
end
`,
  SHARD,
);

/** The claim on a part if it has this token and no cut has revoked it. */
export const HELD_CLAIM: LuaPart = new LuaPart(
  `
local function held_claim(id, token)
  local packed = call('HGET', CLAIMS, id)
  if not packed or string.sub(packed, 1, 12) ~= token then return nil end
  local claim = unpack_claim(packed)
  if h_cuts > 0 then
    local store_id, key = split(id)
    if is_cut(store_id, key, claim.birth) then return nil end
  end
  return claim
end
`,
  HEAD,
  CLAIM_RECORD,
  IS_CUT,
  SPLIT,
);

/** Whether one who was heard of at a time is alive. */
export const LIVES: LuaPart = new LuaPart(
  `
local function lives(renewed_at)
  return math.abs(now() - renewed_at) <= tonumber(ARGV[3])
end
`,
  NOW,
);

/** Tells those who wait for a token. */
export const WAKE: LuaPart = new LuaPart(
  `
local function wake(token)
  -- An account that may not publish leaves those who wait to ask again.
  redis.pcall('PUBLISH', STATE, token)
end
`,
  SHARD,
);

export const END_CLAIM: LuaPart = new LuaPart(
  `
local function end_claim(id, claim)
  call('HDEL', CLAIMS, id)
  if claim.charge > 0 then h_reserved = h_reserved - 1 end
  if claim.waiters == 1 then wake(claim.token) end
end
`,
  HEAD,
  WAKE,
);

/** Ends whatever claim is on a part; its owner may still be writing the bytes that it reserved. */
export const TAKE_AWAY: LuaPart = new LuaPart(
  `
local function take_away(id, store_id, claim)
  end_claim(id, claim)
  if claim.charge == 0 then return end
  if lives(claim.renewed_at) then
    call('HSET', STATE, 'v' .. claim.token, struct.pack('<dd', claim.renewed_at, claim.charge) .. store_id)
  else
    condemn(claim.token, store_id, claim.charge)
  end
end
`,
  END_CLAIM,
  LIVES,
  CONDEMN_NAME,
);

/** Drops what is cached of a key and the fills under way. */
export const DROP_KEY: LuaPart = new LuaPart(
  `
-- Takes away the claims on a key, or says that there are too many to look at each.
local function take_away_claims(store_id, key)
  if call('HLEN', CLAIMS) > 256 then return false end
  local claims = call('HGETALL', CLAIMS)
  local below = store_id .. '\\n' .. key .. '\\n'
  for i = 1, #claims, 2 do
    if string.sub(claims[i], 1, #below) == below then take_away(claims[i], store_id, unpack_claim(claims[i + 1])) end
  end
  return true
end

local function drop_key(store_id, key)
  local id = store_id .. '\\n' .. key .. '\\n'
  local packed = call('HGET', ENTRIES, id)
  if packed then drop_entry(id, packed) end
  local list = call('HGET', BOOKS, 'k' .. store_id .. '\\n' .. key)
  if list then drop_ranges(store_id, key, list) end
  if not take_away_claims(store_id, key) then add_cut('=' .. store_id .. '\\n' .. key) end
end
`,
  CLAIM_RECORD,
  TAKE_AWAY,
  DROP_ENTRY,
  DROP_RANGES,
  ADD_CUT,
);

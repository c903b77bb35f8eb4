/**
 * Claims, and how those who wait learn that one has ended: by a message on the channel of the shard, sent only if
 * somebody was told to wait, and by asking again. A message that is lost costs a moment.
 */
export const CLAIMS: string = `
local FAILURE_KEPT = 5000
local CLAIM = '<c12ddI6I6dB'

local function unpack_claim(packed)
  local c = {}
  c.token, c.claimed_at, c.renewed_at, c.birth, c.charge, c.weight, c.waiters = struct.unpack(CLAIM, packed)
  return c
end

local function write_claim(id, c)
  call('HSET', CLAIMS, id,
    struct.pack(CLAIM, c.token, c.claimed_at, c.renewed_at, c.birth, c.charge, c.weight, c.waiters))
end

local function claim_of(id)
  local packed = call('HGET', CLAIMS, id)
  return packed and unpack_claim(packed)
end

-- The claim on a part if it has this token and no cut has revoked it.
local function held_claim(id, token)
  local claim = claim_of(id)
  if not claim or claim.token ~= token then return nil end
  local store_id, key = split(id)
  if is_hidden(store_id, key, claim.birth) then return nil end
  return claim
end

local function lives(renewed_at)
  return math.abs(now - renewed_at) <= LOCK_AGE
end

local function wake(token)
  -- An account that may not publish leaves those who wait to ask again.
  redis.pcall('PUBLISH', STATE, token)
end

local function end_claim(id, claim, failure)
  call('HDEL', CLAIMS, id)
  if claim.charge > 0 then h.reserved = h.reserved - 1 end
  if failure then call('HSET', STATE, 'f' .. claim.token, struct.pack('<d', now + FAILURE_KEPT) .. failure) end
  if claim.waiters == 1 then wake(claim.token) end
end

-- Ends whatever claim is on a part; its owner may still be writing the bytes that it reserved.
local function take_away(id, store_id, claim)
  end_claim(id, claim)
  if claim.charge == 0 then return end
  if lives(claim.renewed_at) then
    call('HSET', STATE, 'v' .. claim.token, struct.pack('<dd', claim.renewed_at, claim.charge) .. store_id)
  else
    condemn(claim.token, store_id, claim.charge)
  end
end

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

-- Drops what is cached of a key and the fills under way.
local function drop_key(store_id, key)
  local id = store_id .. '\\n' .. key .. '\\n'
  local entry = entry_of(id)
  if entry then drop_entry(id, entry) end
  drop_ranges(store_id, key)
  if not take_away_claims(store_id, key) then add_cut('=' .. store_id .. '\\n' .. key) end
end
`;

/** Write intents of a key: one list of token, last renewal and flags. */
export const INTENTS: string = `
local INTENT = '<c12dB'
local CONTENDED, HAD_COPY = 1, 2

local function intents_of(store_id, key)
  local list = {}
  local packed = h.intents > 0 and call('HGET', STATE, 'w' .. store_id .. '\\n' .. key)
  if not packed then return list end
  local at = 1
  while at <= #packed do
    local intent = {}
    intent.token, intent.renewed_at, intent.flags, at = struct.unpack(INTENT, packed, at)
    list[#list + 1] = intent
  end
  return list
end

local function write_intents(store_id, key, list)
  local packed = {}
  for i, intent in ipairs(list) do packed[i] = struct.pack(INTENT, intent.token, intent.renewed_at, intent.flags) end
  local field = 'w' .. store_id .. '\\n' .. key
  if #packed == 0 then
    h.intents = h.intents - call('HDEL', STATE, field)
  else
    h.intents = h.intents + call('HSET', STATE, field, table.concat(packed))
  end
end

local function is_being_written(store_id, key)
  if h.intents == 0 then return false end
  for _, intent in ipairs(intents_of(store_id, key)) do
    if lives(intent.renewed_at) then return true end
  end
  return false
end
`;

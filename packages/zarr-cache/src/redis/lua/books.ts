import { HEAD_FIELDS, HEAD_FORMAT } from "../head-record.ts";

const FIELDS = HEAD_FIELDS.map((name) => `h.${name}`).join(", ");

/**
 * The books of one shard: every script begins with this and ends with `close()`, if it changed anything.
 *
 * A shard is eight keys:
 *
 *     e   entries: part id → packed entry. `!` → the epoch, with a `+` while there are cuts; and the cuts, see cuts.ts
 *     r   ranks: a sorted set, score = rank, member = time of the last use, charge, part id
 *     c   claims: part id → packed claim
 *     t   what ends by itself: `p` pass marks, `f` failures, `v` revoked reservations, `w` write intents
 *     g   books: `h` head, `s` stores, `d` condemned names, `n` names in buckets, `k` ranges of a key, `b` bindings
 *     q   the condemned, oldest first
 *     r2  ranks while they are rebased, see ranks.ts
 *     x   the list of cuts
 *
 * What a token is charged for: claim → reserved → entry → condemned → freed. A reservation that is taken away while its
 * owner may still write is *revoked* until the owner gives it up, or was not heard of for `lockAge`; then it is
 * condemned. Whatever is charged has its name in a bucket: `known` need not search the entries. A bucket is a string
 * of 8-byte pieces of tokens; 14 bits of the token choose it, so that a million names take 10 bytes each.
 *
 * Arguments of every script: epoch, now (empty: Redis' own clock), lockAge. A shard of another epoch, or none, answers
 * `gone` and is not touched.
 */
export const BOOKS: string = `
local ENTRIES, RANKS, CLAIMS, STATE, BOOKS, QUEUE, REBASED, CUTS = unpack(KEYS, 1, 8)
local call = redis.call
local EPOCH, LOCK_AGE = ARGV[1], tonumber(ARGV[3])
local now = tonumber(ARGV[2])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local h = {}
local function read_head(packed)
  h.epoch, ${FIELDS} = struct.unpack('${HEAD_FORMAT}', packed)
end

local stores, names = {}, {}

local function store(id)
  local record = stores[id]
  if not record then
    record = {entries = 0, bytes = 0, condemned = 0, quota = math.huge}
    local packed = call('HGET', BOOKS, 's' .. id)
    if packed then
      record.entries, record.bytes, record.condemned, record.quota = struct.unpack('<dddd', packed)
    end
    stores[id] = record
  end
  return record
end

local function bucket_of(token)
  return 'n' .. string.char(string.byte(token, 2) % 64, string.byte(token, 3))
end

local function names_in(bucket)
  local list = names[bucket]
  if not list then
    list = call('HGET', BOOKS, bucket) or ''
    names[bucket] = list
  end
  return list
end

local function name_at(list, token)
  local piece, at = string.sub(token, 4, 11), 1
  while true do
    at = string.find(list, piece, at, true)
    if not at or (at - 1) % 8 == 0 then return at end
    at = at + 1
  end
end

local function charge(token, store_id, bytes)
  h.charged = h.charged + bytes
  local record = store(store_id)
  record.bytes = record.bytes + bytes
  local bucket = bucket_of(token)
  local list = names_in(bucket)
  if not name_at(list, token) then names[bucket] = list .. string.sub(token, 4, 11) end
end

-- Puts a name that is charged on the list of those whose bytes are to be deleted.
local function condemn(token, store_id, bytes, nonce)
  h.queued = h.queued + 1
  h.condemned = h.condemned + bytes
  local record = store(store_id)
  record.condemned = record.condemned + bytes
  call('HSET', BOOKS, 'd' .. token, struct.pack('<ddc8', bytes, h.queued, nonce or '\\0\\0\\0\\0\\0\\0\\0\\0') .. store_id)
  call('ZADD', QUEUE, h.queued, token .. store_id)
end

local function free(token)
  local packed = call('HGET', BOOKS, 'd' .. token)
  if not packed then return end
  local bytes = struct.unpack('<d', packed)
  local store_id = string.sub(packed, 25)
  call('HDEL', BOOKS, 'd' .. token)
  call('ZREM', QUEUE, token .. store_id)
  h.charged = h.charged - bytes
  h.condemned = h.condemned - bytes
  local record = store(store_id)
  record.bytes = record.bytes - bytes
  record.condemned = record.condemned - bytes
  local bucket = bucket_of(token)
  local list = names_in(bucket)
  local at = name_at(list, token)
  if at then names[bucket] = string.sub(list, 1, at - 1) .. string.sub(list, at + 8) end
end

local function close()
  h.version = h.version + 1
  local changed, gone = {'h', struct.pack('${HEAD_FORMAT}', h.epoch, ${FIELDS})}, {}
  for id, record in pairs(stores) do
    if record.entries == 0 and record.bytes == 0 and record.quota == math.huge then
      gone[#gone + 1] = 's' .. id
    else
      changed[#changed + 1] = 's' .. id
      changed[#changed + 1] = struct.pack('<dddd', record.entries, record.bytes, record.condemned, record.quota)
    end
  end
  for bucket, list in pairs(names) do
    if list == '' then
      gone[#gone + 1] = bucket
    else
      changed[#changed + 1] = bucket
      changed[#changed + 1] = list
    end
  end
  call('HSET', BOOKS, unpack(changed))
  if #gone > 0 then call('HDEL', BOOKS, unpack(gone)) end
end
`;

/** Ends a script unless the shard is of the caller's epoch. */
export const OF_THIS_EPOCH: string = `
local packed_head = call('HGET', BOOKS, 'h')
if packed_head then read_head(packed_head) end
if h.epoch ~= EPOCH then return {'gone'} end
`;

import { COUNTED_FIELDS, STEADY_FORMAT } from "../head-record.ts";
import { Script } from "../script.ts";
import { ALLOWED_WITHOUT_MEMORY, CLOSE, HEAD, NOW, readHead, SHARD, STORES } from "./books.ts";
import { inBranch, LuaPart } from "./part.ts";

/**
 * One life of an index: a shard is made, or joined, by one script, so of many that open it at once one makes it.
 */

/** Joins a shard, or begins it where there is none, a part of it is lost, or it is of an older format. */
const JOIN = new LuaPart(
  `
local packed_head = call('HGET', BOOKS, 'h')
if packed_head then
  local epoch, format, shards = struct.unpack('<c16dd', packed_head)
  if format > tonumber(ARGV[4]) then return {'format', format} end
  local is_older = format < tonumber(ARGV[4])
  if not is_older and shards ~= tonumber(ARGV[5]) then return {'shards', shards} end
  if is_older or (epoch ~= EPOCH and ARGV[6] == '1') or call('HEXISTS', ENTRIES, '!') == 0 then
    packed_head = nil
  else
    EPOCH = epoch
  end
end
local is_new = not packed_head
if is_new then
  for _, key in ipairs(KEYS) do call('UNLINK', key) end
  packed_head = struct.pack('${STEADY_FORMAT}', EPOCH, tonumber(ARGV[4]), tonumber(ARGV[5]), 0)
    .. string.rep('\\0', ${8 * COUNTED_FIELDS.length})
end
`,
  SHARD,
);

/**
 * Supported format, shards, whether another epoch gives way, this shard's share of bytes and of entries, bytes of the
 * largest value, what may be pinned, whether the policy is lru; then quotas, as store and bytes. Keys: stream.
 */
export const OPEN_SHARD: Script = new Script(
  [JOIN, HEAD, NOW, STORES, CLOSE],
  `
-- Bounds may be lowered just because there is no memory left.
if not is_new then ${inBranch([ALLOWED_WITHOUT_MEMORY], [JOIN])} end
is_marked_anew = is_new
h_maxBytes, h_maxEntries, h_maxEntryBytes = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
h_maxPinnedBytes, h_lru = tonumber(ARGV[10]), tonumber(ARGV[11])
local quotas = call('HGET', BOOKS, 'quotas')
for _, store_id in ipairs(quotas and cmsgpack.unpack(quotas) or {}) do store(store_id).quota = math.huge end
quotas = {}
for at = 12, #ARGV, 2 do
  quotas[#quotas + 1] = ARGV[at]
  store(ARGV[at]).quota = tonumber(ARGV[at + 1])
end
if #quotas > 0 then call('HSET', BOOKS, 'quotas', cmsgpack.pack(quotas)) else call('HDEL', BOOKS, 'quotas') end
close()
local _, _, _, clean = struct.unpack('${STEADY_FORMAT}', packed_head)
local last = call('XREVRANGE', KEYS[9], '+', '-', 'COUNT', 1)
return {'ok', EPOCH, clean, is_new and 1 or 0, time_reply(now()), h_messages, last[1] and last[1][1] or '0-0'}
`,
);

/** store, identity (or empty). Answers the identity that the store is bound to. */
export const BIND: Script = new Script(
  [readHead(), HEAD],
  `
local field = 'b' .. ARGV[4]
if ARGV[5] ~= '' then call('HSETNX', BOOKS, field, ARGV[5]) end
return {'ok', call('HGET', BOOKS, field) or ''}
`,
);

/**
 * The version that was counted, charged, condemned, entries, reserved, pinned, intents, marks, cuts; then store, entries, bytes,
 * condemned of each.
 */
export const CORRECT: Script = new Script(
  [readHead(), HEAD, STORES, CLOSE],
  `
if h_version ~= tonumber(ARGV[4]) then return {'busy'} end
h_charged, h_condemned, h_entries, h_reserved, h_pinned =
  tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
h_intents, h_marks, h_cuts = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
is_marked_anew = true
for at = 13, #ARGV, 4 do
  local record = store(ARGV[at])
  record.entries, record.bytes, record.condemned =
    tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
end
close()
return {'ok'}
`,
);

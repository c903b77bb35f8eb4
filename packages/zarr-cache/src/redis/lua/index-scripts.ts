import { Script } from "../script.ts";
import { BOOKS, OF_THIS_EPOCH } from "./books.ts";
import { CUTS } from "./cuts.ts";

/**
 * One life of an index: a shard is made, or joined, by one script, so of many that open it at once one makes it.
 */

/**
 * Supported format, shards, whether another epoch gives way, this shard's share of bytes and of entries, bytes of the
 * largest value, what may be pinned, whether the policy is lru; then quotas, as store and bytes. Keys: stream.
 */
export const OPEN_SHARD: Script = new Script(
  BOOKS,
  CUTS,
  `
local packed = call('HGET', BOOKS, 'h')
if packed then
  local _, format, shards = struct.unpack('<c16dd', packed)
  if format > tonumber(ARGV[4]) then return {'format', format} end
  if format < tonumber(ARGV[4]) then
    -- Of a version of this library that packed less: it begins anew.
    packed = nil
  else
    if shards ~= tonumber(ARGV[5]) then return {'shards', shards} end
    read_head(packed)
    if h.epoch ~= EPOCH and ARGV[6] == '1' then packed = nil end
  end
end
local is_new = not packed
if is_new then
  for _, key in ipairs(KEYS) do call('UNLINK', key) end
  h = {
    epoch = EPOCH, format = tonumber(ARGV[4]), shards = tonumber(ARGV[5]), clean = 0,
    charged = 0, condemned = 0, entries = 0, reserved = 0, floor = 0, tick = 0, serial = 0, cuts = 0,
    queued = 0, marks = 0, intents = 0, base = 0, version = 0, messages = 0,
    pinned = 0,
  }
  mark_epoch()
end
h.maxBytes, h.maxEntries, h.maxEntryBytes = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
h.maxPinnedBytes, h.lru = tonumber(ARGV[10]), tonumber(ARGV[11])
local quotas = call('HGET', BOOKS, 'quotas')
for _, store_id in ipairs(quotas and cmsgpack.unpack(quotas) or {}) do store(store_id).quota = math.huge end
quotas = {}
for at = 12, #ARGV, 2 do
  quotas[#quotas + 1] = ARGV[at]
  store(ARGV[at]).quota = tonumber(ARGV[at + 1])
end
if #quotas > 0 then call('HSET', BOOKS, 'quotas', cmsgpack.pack(quotas)) else call('HDEL', BOOKS, 'quotas') end
close()
local last = call('XREVRANGE', KEYS[9], '+', '-', 'COUNT', 1)
return {'ok', h.epoch, h.clean, is_new and 1 or 0, string.format('%.17g', now), h.messages, last[1] and last[1][1] or '0-0'}
`,
);

/** Records that no name of another epoch holds bytes. */
export const MARK_CLEAN: Script = new Script(
  BOOKS,
  OF_THIS_EPOCH,
  `
h.clean = 1
close()
return {'ok'}
`,
);

/** store, identity (or empty). Answers the identity that the store is bound to. */
export const BIND: Script = new Script(
  BOOKS,
  OF_THIS_EPOCH,
  `
local field = 'b' .. ARGV[4]
if ARGV[5] ~= '' then call('HSETNX', BOOKS, field, ARGV[5]) end
return {'ok', call('HGET', BOOKS, field) or ''}
`,
);

/** The version that was counted, charged, condemned, entries, reserved, pinned; then store, entries, bytes, condemned of each. */
export const CORRECT: Script = new Script(
  BOOKS,
  OF_THIS_EPOCH,
  `
if h.version ~= tonumber(ARGV[4]) then return {'busy'} end
h.charged, h.condemned, h.entries, h.reserved, h.pinned =
  tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
for at = 10, #ARGV, 4 do
  local record = store(ARGV[at])
  record.entries, record.bytes, record.condemned =
    tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
end
close()
return {'ok'}
`,
);

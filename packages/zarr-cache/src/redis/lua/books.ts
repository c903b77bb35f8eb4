import { MARK_FLAGS, MARK_FORMAT } from "../epoch-mark.ts";
import { COUNTED_FIELDS, COUNTED_FORMAT, EPOCH_BYTES, fieldsFrom, STEADY_BYTES } from "../head-record.ts";
import { LuaPart } from "./part.ts";

const COUNTS = COUNTED_FIELDS.map((name) => `h_${name}`).join(", ");

/**
 * The books of one shard. A script that changes them reads the head first and ends with `close()`.
 *
 * A shard is eight keys:
 *
 *     e   entries: part id → packed entry. `!` → the mark of the epoch; and the cuts, see cuts.ts
 *     r   ranks: a sorted set, score = rank, member = time of the last use, charge, part id
 *     c   claims: part id → packed claim
 *     t   what ends by itself: `p` pass marks, `f` failures, `v` revoked reservations, `w` write intents
 *     g   books: `h` head, `s` stores, `d` condemned names, `n` names in buckets, `k` ranges of a key, `b` bindings,
 *         `a` last answers of making room, `u` what an earlier life left
 *     q   the condemned, oldest first
 *     r2  ranks while they are rebased, see ranks.ts
 *     x   the list of cuts
 *
 * What a token is charged for: claim → reserved → entry → condemned → freed. A reservation that is taken away while its
 * owner may still write is *revoked* until the owner gives it up, or was not heard of for `lockAge`; then it is
 * condemned. Whatever is charged has its name in a bucket: `known` need not search the entries. A bucket is a string
 * of 8-byte pieces of tokens; 16 bits of the token choose it, so that a million names take 12 bytes each.
 *
 * Arguments of every script: epoch, now (empty: Redis' own clock), lockAge. A shard of another epoch, or none, answers
 * `gone` and is not touched.
 */
export const SHARD: LuaPart = new LuaPart(`
local ENTRIES, RANKS, CLAIMS, STATE, BOOKS, QUEUE, REBASED, CUTS = unpack(KEYS, 1, 8)
local EPOCH = ARGV[1]
local call = redis.call
`);

/** The time, asked for once and only if it is needed. */
export const NOW: LuaPart = new LuaPart(
  `
local at_this_time = tonumber(ARGV[2])
local function now()
  if not at_this_time then
    local time = call('TIME')
    at_this_time = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return at_this_time
end
-- Numbers are answered without what follows the point, which only a clock of a test has.
local function time_reply(time)
  return time % 1 == 0 and time or string.format('%.17g', time)
end
`,
  SHARD,
);

/**
 * Reads the head, and fields of the books that are needed anyway: name of a local → Lua of the field. One command for
 * each: an answer of many fields comes to Lua as a table, which takes longer than the commands that it saves.
 */
export function readHead(
  fields: Readonly<Record<string, string>> = {},
  ...needs: readonly LuaPart[]
): LuaPart {
  const read = Object.entries({ packed_head: "'h'", ...fields }).map(
    ([name, field]) => `local ${name} = call('HGET', BOOKS, ${field})\n`,
  );
  return new LuaPart(`\n${read.join("")}`, SHARD, ...needs);
}

/** Ends a script unless the shard is of the caller's epoch. Comes behind {@link readHead}. */
export const HEAD: LuaPart = new LuaPart(
  `
if not packed_head or string.sub(packed_head, 1, ${EPOCH_BYTES}) ~= EPOCH then return {'gone'} end
local steady = string.sub(packed_head, 1, ${STEADY_BYTES})
local ${COUNTS} = struct.unpack('${COUNTED_FORMAT}', packed_head, ${STEADY_BYTES + 1})
local is_marked_anew = false
`,
  SHARD,
);

/**
 * The head as far as one of the steps that every fill takes needs it: to read it, and to write it back.
 * The rest is neither taken apart nor put together.
 */
export function partOfHead(...span: Parameters<typeof fieldsFrom>): {
  readonly read: string;
  readonly readAgain: string;
  readonly packed: string;
} {
  const { names, at } = fieldsFrom(...span);
  const format = `<${"d".repeat(names.length)}`;
  const locals = names.map((name) => `h_${name}`).join(", ");
  return {
    read: `
if not packed_head or string.sub(packed_head, 1, ${EPOCH_BYTES}) ~= EPOCH then return {'gone'} end
local ${locals} = struct.unpack('${format}', packed_head, ${at + 1})
`,
    readAgain: `${locals} = struct.unpack('${format}', packed_head, ${at + 1})`,
    packed:
      `string.sub(packed_head, 1, ${at}) .. struct.pack('${format}', ${locals}) ` +
      `.. string.sub(packed_head, ${at + 8 * names.length + 1})`,
  };
}

/** What is written at the end, in one command each. */
export const CHANGES: LuaPart = new LuaPart(
  `
local changed, gone, queued = {}, {}, {}
-- Lua hands over so many arguments at once.
local function all(command, key, list)
  for at = 1, #list, 1000 do call(command, key, unpack(list, at, math.min(at + 999, #list))) end
end
`,
  SHARD,
);

/** What is counted of a store that nothing is counted of: entries, bytes, condemned, quota. */
export const NO_COUNTS = "struct.pack('<dddd', 0, 0, 0, math.huge)";

/** Counts of a store; `stores[id] = unpack_store(packed)` for one that was read already. */
export const STORES: LuaPart = new LuaPart(
  `
local stores = {}
local function unpack_store(packed)
  if not packed then return {entries = 0, bytes = 0, condemned = 0, quota = math.huge} end
  local entries, bytes, condemned, quota = struct.unpack('<dddd', packed)
  return {entries = entries, bytes = bytes, condemned = condemned, quota = quota}
end
local function store(id)
  local record = stores[id]
  if not record then
    record = unpack_store(call('HGET', BOOKS, 's' .. id))
    stores[id] = record
  end
  return record
end
`,
  SHARD,
);

/** Where the name of a token is kept. */
export const BUCKETS: LuaPart = new LuaPart(`
local function bucket_of(token)
  return 'n' .. string.sub(token, 2, 3)
end
local function name_at(list, token)
  local piece, at = string.sub(token, 4, 11), 1
  while true do
    at = string.find(list, piece, at, true)
    if not at or (at - 1) % 8 == 0 then return at end
    at = at + 1
  end
end
`);

/** Puts a name that is charged on the list of those whose bytes are to be deleted. */
export const CONDEMN_NAME: LuaPart = new LuaPart(
  `
local function condemn(token, store_id, bytes, nonce)
  h_queued = h_queued + 1
  h_condemned = h_condemned + bytes
  local record = store(store_id)
  record.condemned = record.condemned + bytes
  changed[#changed + 1] = 'd' .. token
  changed[#changed + 1] = struct.pack('<ddc8', bytes, h_queued, nonce or '\\0\\0\\0\\0\\0\\0\\0\\0') .. store_id
  queued[#queued + 1] = h_queued
  queued[#queued + 1] = token .. store_id
end
`,
  HEAD,
  CHANGES,
  STORES,
);

/**
 * Redis refuses what may need memory when it has none left, unless the script has written before: so what gives memory
 * back, or must not fail, begins with a write that needs none.
 */
export const ALLOWED_WITHOUT_MEMORY: LuaPart = new LuaPart("\ncall('HDEL', BOOKS, '-')\n", SHARD);

/** Writes what has changed. */
export const CLOSE: LuaPart = new LuaPart(
  `
local function close()
  h_version = h_version + 1
  if is_marked_anew then
    local flags = (h_cuts > 0 and ${MARK_FLAGS.cuts} or 0) + (h_marks > 0 and ${MARK_FLAGS.passes} or 0)
      + (h_intents > 0 and ${MARK_FLAGS.intents} or 0)
    call('HSET', ENTRIES, '!', struct.pack('${MARK_FORMAT}', EPOCH, h_serial, flags))
  end
  changed[#changed + 1] = 'h'
  changed[#changed + 1] = steady .. struct.pack('${COUNTED_FORMAT}', ${COUNTS})
  for id, record in pairs(stores) do
    if record.entries == 0 and record.bytes == 0 and record.quota == math.huge then
      gone[#gone + 1] = 's' .. id
    else
      changed[#changed + 1] = 's' .. id
      changed[#changed + 1] = struct.pack('<dddd', record.entries, record.bytes, record.condemned, record.quota)
    end
  end
  all('HSET', BOOKS, changed)
  all('HDEL', BOOKS, gone)
  all('ZADD', QUEUE, queued)
end
`,
  HEAD,
  CHANGES,
  STORES,
);

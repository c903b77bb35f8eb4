import { ENTRY_AT } from "../entry-record.ts";
import { Script } from "../script.ts";
import { ALLOWED_WITHOUT_MEMORY, BUCKETS, CLOSE, HEAD, NO_COUNTS, partOfHead, readHead } from "./books.ts";
import { IS_CUT } from "./cut-fields.ts";
import { DROP_ENTRY } from "./entries.ts";

/** What becomes of the condemned: they stay charged until their bytes are gone. */

/** token, id, store, key, 8 random bytes that name the call. */
export const CONDEMN: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, IS_CUT, DROP_ENTRY, CLOSE],
  `
local token, id, store_id, key, nonce = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local packed = call('HGET', ENTRIES, id)
if packed and string.sub(packed, 1, 12) == token
  and not (h_cuts > 0 and is_cut(store_id, key, (struct.unpack('<I6', packed, ${ENTRY_AT.birth})))) then
  drop_entry(id, packed, nonce)
  close()
  return {'condemned'}
end
local name = call('HGET', BOOKS, 'd' .. token)
return {name and string.sub(name, 17, 24) == nonce and 'condemned' or 'other'}
`,
);

const OF_FREE = [readHead()];
const FREE_HEAD = partOfHead("version", "condemned");

/** Tokens. Written straight, as the steps of a fill are: every name that was evicted is freed once. */
export const FREE: Script = new Script(
  OF_FREE,
  `
${FREE_HEAD.read}
local fields, members, names, counts, is_freed = {}, {}, {}, {}, {}
for at = 4, #ARGV do
  local token = ARGV[at]
  local packed = not is_freed[token] and call('HGET', BOOKS, 'd' .. token)
  if packed then
    is_freed[token] = true
    local bytes, store_id = struct.unpack('<d', packed), string.sub(packed, 25)
    fields[#fields + 1] = 'd' .. token
    members[#members + 1] = token .. store_id
    h_charged = h_charged - bytes
    h_condemned = h_condemned - bytes
    local of_store = counts[store_id]
    if not of_store then
      of_store = {struct.unpack('<dddd', call('HGET', BOOKS, 's' .. store_id) or ${NO_COUNTS})}
      counts[store_id] = of_store
    end
    of_store[2] = of_store[2] - bytes
    of_store[3] = of_store[3] - bytes
    local bucket, piece = 'n' .. string.sub(token, 2, 3), string.sub(token, 4, 11)
    local list = names[bucket] or call('HGET', BOOKS, bucket) or ''
    local place = string.find(list, piece, 1, true)
    while place and place % 8 ~= 1 do place = string.find(list, piece, place + 1, true) end
    names[bucket] = place and string.sub(list, 1, place - 1) .. string.sub(list, place + 8) or list
  end
end
if #fields == 0 then return 'ok' end
h_version = h_version + 1
local changed = {'h', ${FREE_HEAD.packed}}
for bucket, list in pairs(names) do
  if list == '' then
    fields[#fields + 1] = bucket
  else
    changed[#changed + 1] = bucket
    changed[#changed + 1] = list
  end
end
for store_id, of_store in pairs(counts) do
  local entries, bytes, condemned, quota = unpack(of_store, 1, 4)
  if entries == 0 and bytes == 0 and quota == math.huge then
    fields[#fields + 1] = 's' .. store_id
  else
    changed[#changed + 1] = 's' .. store_id
    changed[#changed + 1] = struct.pack('<dddd', entries, bytes, condemned, quota)
  end
end
-- First what gives memory back: without any left Redis allows no other.
call('HDEL', BOOKS, unpack(fields))
call('ZREM', QUEUE, unpack(members))
call('HSET', BOOKS, unpack(changed))
return 'ok'
`,
);

/** Tokens. Answers a digit for each: 1 for those that are charged. */
export const KNOWN: Script = new Script(
  [readHead(), HEAD, BUCKETS],
  `
local buckets, digits = {}, {}
for at = 4, #ARGV do buckets[at - 3] = bucket_of(ARGV[at]) end
for i, list in ipairs(call('HMGET', BOOKS, unpack(buckets))) do
  digits[i] = list and name_at(list, ARGV[i + 3]) and '1' or '0'
end
return {'ok', table.concat(digits)}
`,
);

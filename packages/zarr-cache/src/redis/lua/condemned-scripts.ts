import { ENTRY_AT } from "../entry-record.ts";
import { Script } from "../script.ts";
import {
  ALLOWED_WITHOUT_MEMORY,
  BUCKETS,
  CHANGES,
  CLOSE,
  HEAD,
  NAMES,
  readHead,
  SHARD,
  STORES,
} from "./books.ts";
import { IS_CUT } from "./cut-fields.ts";
import { DROP_ENTRY } from "./entries.ts";
import { LuaPart } from "./part.ts";

/** What becomes of the condemned: they stay charged until their bytes are gone. */

/** Reads what is condemned under the given tokens, together with the head. */
const FREED = new LuaPart(
  `
local fields = {}
for at = 4, #ARGV do fields[at - 3] = 'd' .. ARGV[at] end
fields[#fields + 1] = 'h'
local found = call('HMGET', BOOKS, unpack(fields))
local packed_head = table.remove(found)
table.remove(fields)
`,
  SHARD,
);

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

/** Tokens. */
export const FREE: Script = new Script(
  [FREED, HEAD, CHANGES, STORES, BUCKETS, NAMES, CLOSE],
  `
local more, members = {}, {}
for i, packed in ipairs(found) do
  if packed then
    local bucket, store_id = bucket_of(ARGV[i + 3]), string.sub(packed, 25)
    if not names[bucket] then
      names[bucket] = ''
      more[#more + 1] = bucket
    end
    if not stores[store_id] then
      stores[store_id] = 0
      more[#more + 1] = 's' .. store_id
    end
  end
end
if #more == 0 then return {'ok'} end
for i, packed in ipairs(call('HMGET', BOOKS, unpack(more))) do
  if string.byte(more[i]) == 110 then
    names[more[i]] = packed or ''
  else
    stores[string.sub(more[i], 2)] = unpack_store(packed)
  end
end
local is_freed = {}
for i, packed in ipairs(found) do
  local token = ARGV[i + 3]
  if packed and not is_freed[token] then
    is_freed[token] = true
    local bytes, store_id = struct.unpack('<d', packed), string.sub(packed, 25)
    members[#members + 1] = token .. store_id
    h_charged = h_charged - bytes
    h_condemned = h_condemned - bytes
    local record = stores[store_id]
    record.bytes = record.bytes - bytes
    record.condemned = record.condemned - bytes
    local bucket = bucket_of(token)
    local at = name_at(names[bucket], token)
    if at then names[bucket] = string.sub(names[bucket], 1, at - 1) .. string.sub(names[bucket], at + 8) end
  end
end
-- First what gives memory back: without any left Redis allows no other.
all('HDEL', BOOKS, fields)
all('ZREM', QUEUE, members)
close()
return {'ok'}
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

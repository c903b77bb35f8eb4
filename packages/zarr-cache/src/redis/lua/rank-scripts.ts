import { ENTRY_FORMAT } from "../entry-record.ts";
import { Script } from "../script.ts";
import { CHANGES, CLOSE, HEAD, readHead } from "./books.ts";
import { IS_CUT } from "./cut-fields.ts";
import { REMOVE_ENTRIES } from "./entries.ts";
import { ONCE } from "./once.ts";
import { MEMBER, PIN_LIMIT, RANK, TICK } from "./ranks.ts";

/** What changes the rank of an entry that stays: uses, and another weight. */

/** Groups of id, token, uses, last use, tick, reads, milliseconds of reading. */
export const COUNT_USES: Script = new Script(
  [readHead(), HEAD, ONCE, CHANGES, RANK, MEMBER, REMOVE_ENTRIES, CLOSE],
  `
h_tick = h_tick + ${TICK}
local ids = {}
for at = 4, #ARGV, 7 do ids[#ids + 1] = ARGV[at] end
local found = call('HMGET', ENTRIES, unpack(ids))
local before, ranks, entries = {}, {}, {}
for i, id in ipairs(ids) do
  local packed, at = found[i], 4 + 7 * (i - 1)
  if packed and string.sub(packed, 1, 12) == ARGV[at + 1] then
    local token, charge, tick, birth, weight, flags, size, checksum, fetched_at, expires_at, cost, uses, used_at,
      reads, read_time, tail = struct.unpack('${ENTRY_FORMAT}', packed)
    local more = tonumber(ARGV[at + 2])
    if more > 0 then
      before[#before + 1] = member_of(id, tick, charge)
      uses = math.min(uses + more, 4294967295)
      if weight < 1 then weight = 1 end
      used_at = math.max(used_at, tonumber(ARGV[at + 3]))
      tick = math.max(tick, tonumber(ARGV[at + 4]))
      ranks[#ranks + 1] = rank_of(uses, cost, charge, weight, tick)
      ranks[#ranks + 1] = member_of(id, tick, charge)
    end
    entries[#entries + 1] = id
    entries[#entries + 1] = struct.pack('${ENTRY_FORMAT}', token, charge, tick, birth, weight, flags, size, checksum, fetched_at,
      expires_at, cost, uses, used_at, math.min(reads + tonumber(ARGV[at + 5]), 4294967295),
      read_time + tonumber(ARGV[at + 6])) .. string.sub(packed, tail)
  end
end
remove_entries({}, before)
all('ZADD', h_base == 0 and RANKS or REBASED, ranks)
all('HSET', ENTRIES, entries)
close()
return answer({'ok', h_tick})
`,
);

/** id, store, key, weight. */
export const WEIGH: Script = new Script(
  [readHead(), HEAD, CHANGES, IS_CUT, RANK, MEMBER, REMOVE_ENTRIES, CLOSE],
  `
local id, store_id, key, new_weight = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local packed = call('HGET', ENTRIES, id)
if not packed then return {'absent'} end
local token, charge, tick, birth, weight, flags, size, checksum, fetched_at, expires_at, cost, uses, used_at,
  reads, read_time, tail = struct.unpack('${ENTRY_FORMAT}', packed)
if h_cuts > 0 and is_cut(store_id, key, birth) then return {'absent'} end
if weight == new_weight then return {'weighed', h_tick} end
if new_weight == math.huge then
  if h_pinned + charge > ${PIN_LIMIT} then return {'refused'} end
  h_pinned = h_pinned + charge
elseif weight == math.huge then
  h_pinned = h_pinned - charge
end
h_tick = h_tick + ${TICK}
remove_entries({}, {member_of(id, tick, charge)})
call('ZADD', h_base == 0 and RANKS or REBASED, rank_of(uses, cost, charge, new_weight, h_tick),
  member_of(id, h_tick, charge))
call('HSET', ENTRIES, id, struct.pack('${ENTRY_FORMAT}', token, charge, h_tick, birth, new_weight, flags, size, checksum,
  fetched_at, expires_at, cost, uses, used_at, reads, read_time) .. string.sub(packed, tail))
close()
return {'weighed', h_tick}
`,
);

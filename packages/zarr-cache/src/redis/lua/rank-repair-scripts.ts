import { ENTRY_FORMAT, ENTRY_GONE_FORMAT } from "../entry-record.ts";
import { Script } from "../script.ts";
import { CHANGES, HEAD, readHead } from "./books.ts";
import { REMOVE_ENTRIES } from "./entries.ts";
import { MEMBER, RANK } from "./ranks.ts";

/** What sets ranks right that do not belong to the entries any more. Both can be run at any time, and twice. */

/** Ids. Gives a rank to each entry that has none, as if it had last been used just now. */
export const RANK_ENTRIES: Script = new Script(
  [readHead(), HEAD, CHANGES, RANK, MEMBER],
  `
local ranks = {}
for at = 4, #ARGV do
  local id = ARGV[at]
  local packed = call('HGET', ENTRIES, id)
  if packed then
    local _, charge, tick, _, weight, _, _, _, _, _, cost, uses = struct.unpack('${ENTRY_FORMAT}', packed)
    local member = member_of(id, tick, charge)
    if not call('ZSCORE', RANKS, member) and not call('ZSCORE', REBASED, member) then
      ranks[#ranks + 1] = rank_of(uses, cost, charge, weight, tick)
      ranks[#ranks + 1] = member
    end
  end
end
all('ZADD', h_base == 0 and RANKS or REBASED, ranks)
return #ranks / 2
`,
);

/** Members of ranks. Removes each that is not that of an entry. */
export const REMOVE_RANKS: Script = new Script(
  [readHead(), HEAD, CHANGES, MEMBER, REMOVE_ENTRIES],
  `
local strays = {}
for at = 4, #ARGV do
  local id = string.sub(ARGV[at], 13)
  local packed = call('HGET', ENTRIES, id)
  local is_stray = not packed
  if packed then
    local _, charge, tick = struct.unpack('${ENTRY_GONE_FORMAT}', packed)
    is_stray = ARGV[at] ~= member_of(id, tick, charge)
  end
  if is_stray then strays[#strays + 1] = ARGV[at] end
end
remove_entries({}, strays)
return #strays
`,
);

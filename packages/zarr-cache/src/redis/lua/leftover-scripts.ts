import { STEADY_FORMAT } from "../head-record.ts";
import { Script } from "../script.ts";
import { ALLOWED_WITHOUT_MEMORY, CLOSE, HEAD, NOW, readHead } from "./books.ts";
import { LIVES } from "./claims.ts";
import { LuaPart } from "./part.ts";

/**
 * What an earlier life of the index left in the medium: charged to the shard as one sum until it is gone, in the field
 * `u` of the books: who has the turn to delete it, when that was last heard of, what was owed when it took the turn, and
 * what is owed now. Payments are totals of a turn, so that paying twice pays once.
 */
const LEFTOVERS: LuaPart = new LuaPart(
  `
local _, format, shards, is_clean = struct.unpack('${STEADY_FORMAT}', steady)
local function leftovers()
  local packed = call('HGET', BOOKS, 'u')
  if not packed then return nil end
  local u = {}
  u.turn, u.heard_at, u.owed_before, u.owed = struct.unpack('<c16ddd', packed)
  return u
end

local function owe(u, bytes)
  h_charged = h_charged + bytes - u.owed
  h_condemned = h_condemned + bytes - u.owed
  u.owed = bytes
end
`,
  HEAD,
);

/**
 * Who deletes, what it has deleted since it has the turn, and how the turn is taken: `take` if nobody alive has it,
 * `force` from whomever, `begin` not at all.
 */
export const REPAY: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, NOW, LIVES, LEFTOVERS, CLOSE],
  `
local purger, repaid, how = ARGV[4], tonumber(ARGV[5]), ARGV[6]
if is_clean == 1 then return {'clean'} end
local u = leftovers()
if not u then
  u = {turn = string.rep('-', 16), heard_at = 0, owed_before = 0, owed = 0}
  owe(u, math.max(0, h_maxBytes - h_charged))
end
local is_free = u.turn == string.rep('-', 16) or not lives(u.heard_at)
if u.turn ~= purger and repaid == 0 and (how == 'force' or (how == 'take' and is_free)) then
  u.turn, u.owed_before = purger, u.owed
end
local is_held = u.turn == purger
if is_held then
  u.heard_at = now()
  owe(u, math.min(u.owed, math.max(0, u.owed_before - repaid)))
end
call('HSET', BOOKS, 'u', struct.pack('<c16ddd', u.turn, u.heard_at, u.owed_before, u.owed))
close()
return {is_held and 'held' or 'busy'}
`,
);

/** Records that no name of another epoch holds bytes. */
export const MARK_CLEAN: Script = new Script(
  [readHead(), HEAD, ALLOWED_WITHOUT_MEMORY, LEFTOVERS, CLOSE],
  `
local u = leftovers()
if u then
  owe(u, 0)
  call('HDEL', BOOKS, 'u')
end
steady = struct.pack('${STEADY_FORMAT}', EPOCH, format, shards, 1)
close()
return {'ok'}
`,
);

import { Script } from "../script.ts";
import { LuaPart } from "./part.ts";

/**
 * The rule of `budget/allotting.ts`, word for word, over the holders of one hash: the field `b` is the budget, `h` and a
 * name hold a holder's limit, what it wants and when it was seen. Both are held equal by replaying states.
 *
 * A ledger that Redis has lost knows nobody. Until all who live have settled again, which takes a lease, nobody is given
 * more than he has: the field `g` says until when.
 */
const HOLDERS = new LuaPart(`
local call = redis.call
local HOLDERS = KEYS[1]

local function text(number)
  return string.format('%.17g', number)
end

local function now_of(given)
  if given ~= '' then return tonumber(given) end
  local time = call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
`);

/** Budget. Sets it, and tells that the ledger is known from now on. */
export const SET_BUDGET: Script = new Script(
  [HOLDERS],
  `
call('HSET', HOLDERS, 'b', ARGV[1])
return {'set'}
`,
);

/** Holder, its limit, what it wants, the lease in milliseconds, the budget as last known, the time or nothing. */
export const SETTLE: Script = new Script(
  [HOLDERS],
  `
local holder, limit, wanted, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now = now_of(ARGV[6])
local budget = call('HGET', HOLDERS, 'b')
if not budget then
  budget = ARGV[5]
  call('HSET', HOLDERS, 'b', budget, 'g', text(now + lease))
end
local max_bytes = tonumber(budget)

local held, needs, demands = 0, 0, {}
local fields = call('HGETALL', HOLDERS)
local knows_all = true
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if name == 'g' then
    knows_all = math.abs(tonumber(value) - now) > lease or tonumber(value) <= now
  elseif string.sub(name, 1, 1) == 'h' and name ~= 'h' .. holder then
    local its_limit, its_wish, seen_at = string.match(value, '^(%S+) (%S+) (%S+)$')
    if math.abs(now - tonumber(seen_at)) > lease then
      call('HDEL', HOLDERS, name)
    else
      its_limit, its_wish = tonumber(its_limit), tonumber(its_wish)
      held = held + its_limit
      needs = needs + math.max(its_limit, its_wish)
      demands[#demands + 1] = its_wish
    end
  end
end

local function fair_share()
  local left, sharers = max_bytes, #demands + 1
  table.sort(demands)
  for _, demand in ipairs(demands) do
    local equal = left / sharers
    if demand >= equal then return math.min(wanted, math.floor(equal)) end
    if wanted <= demand then return wanted end
    left = left - demand
    sharers = sharers - 1
  end
  return math.min(wanted, left)
end

local granted, target = limit, limit
local own = math.max(limit, wanted)
if not knows_all then
  target = math.min(limit, fair_share())
elseif needs + own <= max_bytes then
  granted, target = own, own
else
  local fair = fair_share()
  granted = math.max(limit, math.min(fair, max_bytes - held))
  target = math.min(granted, fair)
end
call('HSET', HOLDERS, 'h' .. holder, text(granted) .. ' ' .. text(wanted) .. ' ' .. text(now))
return {'settled', text(granted), text(target), budget}
`,
);

/** Holder. */
export const LEAVE: Script = new Script(
  [HOLDERS],
  `
call('HDEL', HOLDERS, 'h' .. ARGV[1])
return {'left'}
`,
);

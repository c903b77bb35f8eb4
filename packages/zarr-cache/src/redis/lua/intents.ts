import { HEAD, SHARD } from "./books.ts";
import { LIVES } from "./claims.ts";
import { LuaPart } from "./part.ts";

/**
 * Write intents of a key: one list of token, last renewal and flags: whether others overlapped, whether there was a copy,
 * whether the others were told that its writer is dead.
 */
export const INTENTS: LuaPart = new LuaPart(
  `
local INTENT = '<c12dB'
local CONTENDED, HAD_COPY, TOLD = 1, 2, 4
local function intents_of(store_id, key)
  local list = {}
  local packed = call('HGET', STATE, 'w' .. store_id .. '\\n' .. key)
  if not packed then return list end
  local at = 1
  while at <= #packed do
    local intent = {}
    intent.token, intent.renewed_at, intent.flags, at = struct.unpack(INTENT, packed, at)
    list[#list + 1] = intent
  end
  return list
end
`,
  SHARD,
);

/** Whether somebody writes a key. Costs a command; ask whether there are intents first. */
export const IS_BEING_WRITTEN: LuaPart = new LuaPart(
  `
local function is_being_written(store_id, key)
  for _, intent in ipairs(intents_of(store_id, key)) do
    if lives(intent.renewed_at) then return true end
  end
  return false
end
`,
  INTENTS,
  LIVES,
);

/** Replaces the intents of a key. */
export const WRITE_INTENTS: LuaPart = new LuaPart(
  `
local function write_intents(store_id, key, list)
  local packed = {}
  for i, intent in ipairs(list) do packed[i] = struct.pack(INTENT, intent.token, intent.renewed_at, intent.flags) end
  local field = 'w' .. store_id .. '\\n' .. key
  if #packed == 0 then
    h_intents = h_intents - call('HDEL', STATE, field)
  else
    h_intents = h_intents + call('HSET', STATE, field, table.concat(packed))
  end
  is_marked_anew = true
end
`,
  HEAD,
  INTENTS,
);

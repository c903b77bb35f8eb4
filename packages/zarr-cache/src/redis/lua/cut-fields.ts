import { HEAD, SHARD } from "./books.ts";
import { LuaPart } from "./part.ts";

/**
 * Cuts: an invalidation takes one step however many entries it covers.
 *
 * A cut is a field of the entries' hash, so that a look-up can ask for it together with the entry: `=store\nkey` cuts a
 * key, `>store\n/path/` what is below a path; its value is the serial of the cut. An entry or claim with a smaller
 * serial is hidden. `cuts.ts` condemns what is hidden in bounded steps: it goes once through all entries, and then
 * the cuts that were there when it began are done.
 */

/** Takes a part id apart. */
export const SPLIT: LuaPart = new LuaPart(`
local function split(id)
  return string.match(id, '^([^\\n]*)\\n([^\\n]*)\\n(.*)$')
end
`);

/** Whether a cut hides what became visible, or was claimed, at a serial. Costs a command; ask whether there are cuts first. */
export const IS_CUT: LuaPart = new LuaPart(
  `
local function is_cut(store_id, key, birth)
  local head = '>' .. store_id .. '\\n'
  local fields = {'=' .. store_id .. '\\n' .. key, head .. '/'}
  local at = string.find(key, '/', 2, true)
  while at do
    fields[#fields + 1] = head .. string.sub(key, 1, at)
    at = string.find(key, '/', at + 1, true)
  end
  for _, serial in ipairs(call('HMGET', CUTS, unpack(fields))) do
    if serial and birth < tonumber(serial) then return true end
  end
  return false
end
`,
  SHARD,
);

/** Hides what is there now. */
export const ADD_CUT: LuaPart = new LuaPart(
  `
local function add_cut(field)
  h_serial = h_serial + 1
  is_marked_anew = true
  call('HSET', ENTRIES, field, h_serial)
  h_cuts = h_cuts + call('HSET', CUTS, field, h_serial)
end
`,
  HEAD,
);

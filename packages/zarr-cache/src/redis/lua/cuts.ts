/**
 * Cuts: an invalidation takes one step however many entries it covers.
 *
 * A cut is a field of the entries' hash, so that a look-up can ask for it together with the entry: `=store\nkey` cuts a
 * key, `>store\n/path/` what is below a path; its value is the serial of the cut. An entry or claim with a smaller
 * serial is hidden. `work_off` condemns what is hidden in bounded steps: it goes once through all entries, and then
 * the cuts that were there when it began are done.
 */
export const CUTS: string = `
local function split(id)
  return string.match(id, '^([^\\n]*)\\n([^\\n]*)\\n(.*)$')
end

local function cut_fields(store_id, key)
  local head = '>' .. store_id .. '\\n'
  local fields = {'=' .. store_id .. '\\n' .. key, head .. '/'}
  local at = string.find(key, '/', 2, true)
  while at do
    fields[#fields + 1] = head .. string.sub(key, 1, at)
    at = string.find(key, '/', at + 1, true)
  end
  return fields
end

local function is_hidden(store_id, key, birth)
  if h.cuts == 0 then return false end
  for _, serial in ipairs(call('HMGET', CUTS, unpack(cut_fields(store_id, key)))) do
    if serial and birth < tonumber(serial) then return true end
  end
  return false
end

local function mark_epoch()
  call('HSET', ENTRIES, '!', h.epoch .. (h.cuts > 0 and '+' or ''))
end

local function add_cut(field)
  h.serial = h.serial + 1
  call('HSET', ENTRIES, field, h.serial)
  if call('HSET', CUTS, field, h.serial) == 1 then
    h.cuts = h.cuts + 1
    if h.cuts == 1 then mark_epoch() end
  end
end
`;

/** Goes on with the work behind the cuts. Needs the entries and the claims. */
export const WORK_OFF: string = `
local function end_cuts(upto)
  -- As many as there are fills under way, and none may outlive the cut.
  local claims = call('HGETALL', CLAIMS)
  for i = 1, #claims, 2 do
    local claim = unpack_claim(claims[i + 1])
    local store_id, key = split(claims[i])
    if is_hidden(store_id, key, claim.birth) then take_away(claims[i], store_id, claim) end
  end
  local cuts = call('HGETALL', CUTS)
  for i = 1, #cuts, 2 do
    if tonumber(cuts[i + 1]) <= upto then
      call('HDEL', CUTS, cuts[i])
      call('HDEL', ENTRIES, cuts[i])
      h.cuts = h.cuts - 1
    end
  end
  if h.cuts == 0 then mark_epoch() end
end

-- Answers how many entries it condemned.
local function work_off(steps)
  if h.cuts == 0 then return 0 end
  local place = call('HGET', BOOKS, 'y')
  local cursor, upto = '0', h.serial
  if place then
    cursor, upto = string.match(place, '^(%d+) (%d+)$')
    upto = tonumber(upto)
  end
  local page = call('HSCAN', ENTRIES, cursor, 'COUNT', steps)
  local condemned = 0
  for i = 1, #page[2], 2 do
    local id = page[2][i]
    local store_id, key = split(id)
    if key and string.find(id, '^[^!=>]') then
      local entry = unpack_entry(page[2][i + 1])
      if is_hidden(store_id, key, entry.birth) then
        drop_entry(id, entry)
        condemned = condemned + 1
      end
    end
  end
  if page[1] == '0' then
    end_cuts(upto)
    call('HDEL', BOOKS, 'y')
  else
    call('HSET', BOOKS, 'y', page[1] .. ' ' .. string.format('%.0f', upto))
  end
  return condemned
end
`;

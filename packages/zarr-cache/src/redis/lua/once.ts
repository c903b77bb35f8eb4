/**
 * For steps that no token makes repeatable: the answer is kept for a moment under a random name, the ninth key, so that
 * a command which the client sends again, because the reply was lost, is not carried out again.
 */
export const ONCE: string = `
local before = redis.call('GET', KEYS[9])
if before then return cmsgpack.unpack(before) end
local function answer(reply)
  call('SET', KEYS[9], cmsgpack.pack(reply), 'PX', 10000)
  return reply
end
`;

/** Tells tiers above what was dropped: a stream that is trimmed, in which gaps are seen by the numbers. */
export const TELL: string = `
local function tell(stream, store_id, path, origin)
  if not stream then return end
  h.messages = h.messages + 1
  call('XADD', stream, 'MAXLEN', '~', 10000, '*', 'n', h.messages, 's', store_id, 'p', path, 'o', origin)
end
`;

import { CHANGES, HEAD, SHARD } from "./books.ts";
import { LuaPart } from "./part.ts";

/**
 * For steps that no token makes repeatable: the answer is kept for a moment under a random name, the ninth key, so that
 * a command which the client sends again, because the reply was lost, is not carried out again.
 */
export const ONCE: LuaPart = new LuaPart(
  `
local before = call('GET', KEYS[9])
if before then return cmsgpack.unpack(before) end
local function answer(reply)
  call('SET', KEYS[9], cmsgpack.pack(reply), 'PX', 10000)
  return reply
end
`,
  SHARD,
);

/**
 * The same for a step that may be repeated, if its second answer only tells less: the last few answers are kept in the
 * books, each found by 8 random bytes, the first of which tell its place. Needs \`nonce\` and \`kept_answer\`.
 */
export const LAST_ANSWER: LuaPart = new LuaPart(
  `
if kept_answer and string.sub(kept_answer, 1, 8) == nonce then return cmsgpack.unpack(string.sub(kept_answer, 9)) end
local function answer(reply)
  changed[#changed + 1] = answer_place(nonce)
  changed[#changed + 1] = nonce .. cmsgpack.pack(reply)
  return reply
end
`,
  HEAD,
  CHANGES,
);

/** Where the answer to a call is kept among the last few. */
export const ANSWER_PLACE: LuaPart = new LuaPart(`
local function answer_place(nonce)
  return 'a' .. string.byte(nonce) % 16
end
`);

/** Tells tiers above what was dropped: a stream that is trimmed, in which gaps are seen by the numbers. */
export const TELL: LuaPart = new LuaPart(
  `
local function tell(stream, store_id, path, origin)
  if not stream then return end
  h_messages = h_messages + 1
  call('XADD', stream, 'MAXLEN', '~', 10000, '*', 'n', h_messages, 's', store_id, 'p', path, 'o', origin)
end
`,
  HEAD,
);

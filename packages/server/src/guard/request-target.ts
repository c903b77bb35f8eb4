/** What most requests ask for: segments of plain characters, none of which begins with a dot. Nothing is wrong with these. */
const PLAIN = /^(?:\/[\w~-][\w.~-]*)+$/;
/** Segments that mean other ones, plain or encoded, once or twice. */
const DOTS = /(?:^|[/\\])(?:\.|%(?:25)*2e){1,2}(?:$|[/\\?#]|%(?:25)*(?:2f|5c))/i;
/** What no path has: backslashes, control characters, and what is not ASCII. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const FOREIGN = /[\\\x00-\x20\x7f-\uffff]|%(?:25)*(?:00|5c)/i;

/**
 * What is wrong with the target of a request as it was sent, before anything resolves it; `undefined` where nothing is.
 * Only the origin form of RFC 9112 §3.2.1, and the absolute one, are taken.
 */
export function wrongTarget(target: string): string | undefined {
  if (PLAIN.test(target)) return undefined;
  const path = target.replace(/[?#].*$/s, "");
  if (!/^(?:\/|https?:\/\/)/i.test(target)) return "The target of the request is not a path.";
  if (FOREIGN.test(path)) return "The path has a character that no path has.";
  if (DOTS.test(path)) return 'The path has a segment "." or "..".';
  return undefined;
}

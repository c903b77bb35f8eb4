import { InvalidOptionError } from "../errors.ts";

/** A pattern of keys. */
export interface KeyPattern {
  /** A path that everything it matches lies under. */
  readonly base: string;
  matches(key: string): boolean;
}

/**
 * Reads a pattern such as `"/t2m/**"`: `*` stands for anything within a segment, `**` for any number of segments, `?` for
 * one character of a segment, everything else for itself. It matches keys as a whole.
 */
export function parseKeyPattern(pattern: unknown, option = "pattern"): KeyPattern {
  if (typeof pattern !== "string" || !pattern.startsWith("/"))
    throw new InvalidOptionError(option, pattern, 'a pattern of keys such as "/t2m/**" or "/*/zarr.json"');
  const source = pattern
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((piece) => WILD[piece] ?? piece.replace(/[.+^${}()|[\]\\]/g, "\\$&"))
    .join("");
  const form = new RegExp(`^${source}$`, "s");
  const wild = pattern.search(/[*?]/);
  const base = wild < 0 ? pattern : pattern.slice(0, pattern.lastIndexOf("/", wild) + 1);
  return { base: base === "/" || !base.endsWith("//") ? base : "/", matches: (key) => form.test(key) };
}

const WILD: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};

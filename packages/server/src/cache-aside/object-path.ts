import { InvalidKeyError, type Key } from "zarr-cache";

/** Longest path that is looked at, in characters. */
const LONGEST = 1024;

/**
 * The key of an object by its path, such as `2020/file1.json`, with or without a `/` in front. Throws `InvalidKeyError` for
 * what could lead anywhere else: empty, `.` and `..` segments, backslashes, control characters.
 */
export function keyOfPath(path: unknown): Key {
  if (typeof path !== "string") throw new InvalidKeyError(path, "is not a text");
  if (path.length > LONGEST) throw new InvalidKeyError(path, `is longer than ${LONGEST} characters`);
  const relative = path.startsWith("/") ? path.slice(1) : path;
  for (const segment of relative.split("/"))
    if (segment === "" || segment === "." || segment === "..")
      throw new InvalidKeyError(path, `has the segment ${JSON.stringify(segment)}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f\\]/.test(relative))
    throw new InvalidKeyError(path, "has a control character or a backslash");
  // Halves of a pair that stand alone all become the same character in UTF-8.
  if (Buffer.from(relative).toString() !== relative)
    throw new InvalidKeyError(path, "is not well-formed Unicode");
  return `/${relative}`;
}

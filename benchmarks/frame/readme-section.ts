import { readFileSync, writeFileSync } from "node:fs";

/**
 * Replaces what stands between the marks of one section of a Markdown file, `<!-- name: … -->` lines at its beginning
 * and its end. Throws when the file has no such section.
 */
export function writeSection(file: URL, name: string, content: string): void {
  const text = readFileSync(file, "utf8");
  const begin = `<!-- ${name}: begin -->`;
  const end = `<!-- ${name}: end -->`;
  const from = text.indexOf(begin);
  const until = text.indexOf(end);
  if (from < 0 || until < from) throw new Error(`${file.pathname} has no lines ${begin} and ${end}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(until)}`);
}

import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startServer } from "./support/start-server.ts";

const PARQUET = new URL("../../packages/server/test/fixtures/file1.snappy.parquet", import.meta.url);
const page = await readFile(new URL("../../docs/cache-aside.md", import.meta.url), "utf8");

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocks: Block[] = Array.from(
  page.matchAll(/^```(\w+)\n(.*?)^```$/gms),
  ([, language = "", text = ""]) => ({
    language,
    text,
  }),
);

/** What the page shows, with `"…"` for anything; of an object, some members. */
function shown(expected: unknown): unknown {
  if (expected === "…") return expect.anything();
  if (Array.isArray(expected)) return expected.map(shown);
  if (typeof expected !== "object" || expected === null) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, shown(value)])),
  );
}

/** The files that the page has in its blocks, each with its name in the first line, and the records that it speaks of. */
async function setUp(): Promise<string> {
  const directory = await temporaryDirectory();
  for (const { text } of blocks) {
    const [, name] = /^(?:#|\/\/) (\S+\.(?:yaml|mjs))\n/.exec(text) ?? [];
    if (name !== undefined) await writeFile(join(directory, name), text);
  }
  await mkdir(join(directory, "records"));
  await writeFile(join(directory, "records/file1.json"), '{"station": "Bern", "values": [1, 2.5, 4]}');
  await copyFile(PARQUET, join(directory, "records/file1.snappy.parquet"));
  return directory;
}

it("answers every curl line of docs/cache-aside.md as the page shows", async () => {
  const directory = await setUp();
  const { url } = await startServer([], { cwd: directory });
  let lines = 0;
  for (const [at, { language, text }] of blocks.entries()) {
    if (language !== "sh" || !text.startsWith("curl")) continue;
    const script = text.replaceAll("http://127.0.0.1:5000", url);
    const { stdout } = await promisify(execFile)("sh", ["-ec", script], { cwd: directory });
    lines += text.trim().split("\n").length;
    const next = blocks[at + 1];
    if (next?.language === "json") expect(JSON.parse(stdout), text).toEqual(shown(JSON.parse(next.text)));
  }
  expect(lines, "lines that were found").toBeGreaterThan(20);
  const parquet = await readFile(PARQUET);
  for (const name of ["file1.snappy.parquet", "same.snappy.parquet"])
    expect((await readFile(join(directory, name))).equals(parquet), name).toBe(true);
  expect(await readFile(join(directory, "magic"), "latin1")).toBe("PAR1");
});

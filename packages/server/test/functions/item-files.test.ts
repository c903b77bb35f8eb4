import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { expect, it, onTestFinished } from "vitest";
import { ItemFiles } from "../../src/functions/item-files.ts";

function itemFiles(maxBytes: number): ItemFiles {
  const files = new ItemFiles(maxBytes);
  onTestFinished(() => files.close());
  return files;
}

const bytes = (fill: number, length = 100) => new Uint8Array(length).fill(fill);

it("writes the same bytes once, read-only, for all who ask at the same time and later", async () => {
  const files = itemFiles(1000);
  const all = await Promise.all([1, 2, 3].map(() => files.open(bytes(1))));
  expect(new Set(all.map(({ file }) => file)).size).toBe(1);
  expect((await stat(all[0]?.file as string)).mode & 0o777).toBe(0o400);
  for (const file of all) file.release();
  const again = await files.open(bytes(1));
  expect(again.file).toBe(all[0]?.file);
  expect(await readFile(again.file)).toEqual(Buffer.from(bytes(1)));
  expect([files.written, files.bytes]).toEqual([1, 100]);
});

it("keeps at most its bytes of what nobody uses, and what was used last", async () => {
  const files = itemFiles(250);
  const given = [];
  for (const fill of [1, 2, 3, 4]) given.push(await files.open(bytes(fill)));
  expect(files.bytes, "in use all of them").toBe(400);
  given[0]?.release();
  given[1]?.release();
  expect(files.bytes).toBe(250 - 50);
  given[2]?.release();
  given[3]?.release();
  expect(files.bytes).toBe(200);
  await files.open(bytes(3));
  await files.open(bytes(4));
  expect(files.written, "these had stayed").toBe(4);
  await files.open(bytes(1));
  expect(files.written, "this had not").toBe(5);
});

it("counts a release once", async () => {
  const files = itemFiles(0);
  const [one, other] = [await files.open(bytes(1)), await files.open(bytes(1))];
  one.release();
  one.release();
  expect(existsSync(other.file)).toBe(true);
  other.release();
  expect(files.bytes).toBe(0);
});

it("leaves nothing behind when it is closed", async () => {
  const files = new ItemFiles(1000);
  const { file } = await files.open(bytes(1));
  const directory = await files.directory();
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  await files.close();
  expect([existsSync(file), existsSync(directory)]).toEqual([false, false]);
});

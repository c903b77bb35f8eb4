import { link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { zarrDirectory } from "zarr-cache/node";
import { temporaryDirectory } from "./support/temporary-directory.ts";

/** A directory with these files, each filled with a number. */
async function written(files: Readonly<Record<string, number>>): Promise<string> {
  const directory = join(await temporaryDirectory(), "data.zarr");
  for (const [name, fill] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), bytes(fill));
  }
  return directory;
}

function bytes(fill: number, size = 1024): Uint8Array {
  return new Uint8Array(size).fill(fill);
}

async function read(source: AsyncIterable<readonly [string, Uint8Array]>) {
  const values: Record<string, Uint8Array> = {};
  for await (const [key, value] of source) values[key] = value;
  return values;
}

// A chunk that an import leaves out is known to be missing afterwards, and reads as fill values.
describe("a directory", () => {
  it("is read through links to files and directories", async () => {
    const directory = await written({ "a/c/0": 1, "../elsewhere/1": 2, "../more/c/0": 3 });
    await symlink("../../../elsewhere/1", join(directory, "a/c/1"));
    await link(join(directory, "a/c/0"), join(directory, "a/c/2"));
    await symlink(join(directory, "../more"), join(directory, "b"));
    expect(await read(zarrDirectory(directory))).toEqual({
      "/a/c/0": bytes(1),
      "/a/c/1": bytes(2),
      "/a/c/2": bytes(1),
      "/b/c/0": bytes(3),
    });
  });

  it("rejects where a link leads nowhere, or back to a directory above", async () => {
    const directory = await written({ "a/c/0": 1 });
    await symlink("gone", join(directory, "a/c/1"));
    await expect(read(zarrDirectory(directory))).rejects.toMatchObject({ code: "ENOENT" });
    await rm(join(directory, "a/c/1"));
    await symlink("..", join(directory, "a/above"));
    await expect(read(zarrDirectory(directory))).rejects.toThrow(/above" is not possible: .*leads back/);
  });
});

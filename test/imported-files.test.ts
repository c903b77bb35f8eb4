import { execFileSync } from "node:child_process";
import { link, mkdir, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTar, tarWriter, zarrDirectory } from "zarr-cache/node";
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

describe("a tar file", () => {
  it("rejects where a member is a link to another", async () => {
    for (const make of [link, symlink]) {
      const directory = await written({ "a/c/0": 1 });
      await make(join(directory, "a/c/0"), join(directory, "a/c/1"));
      execFileSync("tar", ["-cf", join(directory, "../data.tar"), "-C", directory, "."]);
      await expect(read(readTar(join(directory, "../data.tar")))).rejects.toThrow(
        /"\.\/a\/c\/[01]" is a (sym)?link.*--dereference --hard-dereference/,
      );
    }
  });

  it.each([1, 0])("rejects where it ends between two members, also of nothing but %s", async (fill) => {
    const file = join(await temporaryDirectory(), "data.tar");
    const target = await tarWriter(file);
    for (const key of ["/a", "/b"] as const) await target.set(key, bytes(fill));
    await target.close();
    expect(Object.keys(await read(readTar(file)))).toEqual(["/a", "/b"]);
    // Each member is a header of 512 bytes and 1024 bytes, and the end is marked by two blocks of 512.
    expect((await stat(file)).size).toBe(2 * 1536 + 1024);
    await truncate(file, 2 * 1536 + 512);
    expect(Object.keys(await read(readTar(file)))).toEqual(["/a", "/b"]);
    for (const size of [2 * 1536, 1536 + 512, 1536 + 100, 1536, 0]) {
      await truncate(file, size);
      await expect(read(readTar(file)), `${size} bytes`).rejects.toMatchObject({ tag: "DamagedBytesError" });
    }
  });

  it("rejects where it is none, and says what was expected", async () => {
    const directory = await written({ "a/c/0": 1, "../plain": 2 });
    execFileSync("tar", ["-czf", join(directory, "../data.tar"), "-C", directory, "."]);
    for (const name of ["data.tar", "plain"])
      await expect(read(readTar(join(directory, "..", name)))).rejects.toMatchObject({
        tag: "InvalidOptionError",
        message: expect.stringContaining("a tar file that is not compressed"),
      });
  });

  it("is closed once, and takes nothing more", async () => {
    const file = join(await temporaryDirectory(), "data.tar");
    const target = await tarWriter(file);
    await target.set("/a", bytes(1));
    await Promise.all([target.close(), target.close()]);
    await target.close();
    await expect(target.set("/b", bytes(2))).rejects.toMatchObject({ tag: "ClosedError" });
    expect(await read(readTar(file))).toEqual({ "/a": bytes(1) });
  });

  it("that cannot be written rejects, and nothing else happens", async () => {
    const directory = await temporaryDirectory();
    // Writes to it fail as on a full disk.
    await symlink("/dev/full", join(directory, "data.tar.part"));
    const target = await tarWriter(join(directory, "data.tar"));
    const large = bytes(1, 1_000_000);
    const writes = (["/a", "/b", "/c"] as const).map((key) => target.set(key, large));
    // The first may have gone into a buffer.
    await Promise.allSettled(writes);
    await expect(target.set("/d", large)).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(target.close()).rejects.toMatchObject({ code: "ENOSPC" });
    await target[Symbol.asyncDispose]();
  });
});

import { expect, it } from "vitest";
import { unusableDirectory } from "../../src/disk/unusable-directory.ts";
import { ClosedError } from "../../src/errors.ts";

it.each([
  ["EEXIST", "is a file; remove the file"],
  ["ENOTDIR", "is a file; remove the file"],
  ["EACCES", "permission is denied; change its owner or mode"],
  ["EROFS", "the file system is read-only; choose another directory"],
  [
    "ENOENT",
    'read-only or missing: no directory can be made in "/"; mount it to be written to, or choose another',
  ],
  ["ENOSPC", "the disk is full; free some space"],
  ["EIO", "input/output error"],
])("says what to do for %s", (code, advice) => {
  const cause = Object.assign(new Error("input/output error"), { code });
  const error = unusableDirectory("/nowhere/cache", cause);
  expect(error).toMatchObject({ tag: "CacheDirectoryError", directory: "/nowhere/cache", cause });
  expect(error.message).toContain(advice);
});

it("leaves an error alone that says already what to do", () => {
  const error = new ClosedError("The index");
  expect(unusableDirectory("/nowhere/cache", error)).toBe(error);
});

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AsyncReadable } from "@zarrita/storage";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as http from "../../src/http/index.ts";
import type { Source } from "../../src/index.ts";

const FOLDER = join(import.meta.dirname, "../../src/http");

describe("zarr-cache/http", () => {
  it("exports what is listed here and nothing else", () => {
    expect(Object.keys(http).sort()).toEqual(["HttpSource", "coalesceRanges"]);
  });

  it("is a store to zarrita, and a source with every ability of reading", () => {
    expectTypeOf<http.HttpSource>().toExtend<AsyncReadable>();
    expectTypeOf<http.HttpSource>().toExtend<
      Source & Required<Pick<Source, "getRange" | "read" | "identity">>
    >();
  });

  it("imports nothing that a browser lacks", async () => {
    for (const file of await readdir(FOLDER)) {
      const text = await readFile(join(FOLDER, file), "utf8");
      for (const [, from] of text.matchAll(/from "([^"]+)"/g))
        expect(from, file).toMatch(/^\.{1,2}\/(?!.*(?:node|disk)\/)/);
      expect(text, file).not.toMatch(/\b(?:Buffer|process)\.\w/);
    }
  });
});

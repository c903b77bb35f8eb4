import { describe, expect, it } from "vitest";
import { expectedAt, foundInstead } from "../../src/http/found-instead.ts";
import { text } from "../support/bytes.ts";

/** Bytes by their codes, which `TextEncoder` would make two of from 128 on. */
const raw = (codes: string) => Uint8Array.from(codes, (code) => code.charCodeAt(0));

describe("metadata", () => {
  it.each([
    ["/zarr.json", '{"zarr_format":3,"node_type":"group"}'],
    ["/a/zarr.json", '\ufeff {\n "attributes": {"zarr": NaN},\n "zarr_format" : 3 }\n'],
    ["/.zarray", '{"zarr_format":2,"fill_value":NaN}'],
    ["/.zgroup", '{"zarr_format":2}'],
    ["/.zmetadata", '{"zarr_consolidated_format":1,"metadata":{}}'],
    ["/.zattrs", "{}"],
  ])("under %s may be %j", (key, document) => {
    expect(foundInstead(key, text(document))).toBeUndefined();
  });

  it.each([
    ['{"detail":"Not Found"}', String.raw`the JSON "{\"detail\":\"Not Found\"}"`],
    ['{"zarr_formats":3}', String.raw`the JSON "{\"zarr_formats\":3}"`],
    [`{"a":"${"b".repeat(100)}"}`, `the JSON "{\\"a\\":\\"${"b".repeat(54)}…"`],
    [
      '[{"name":"t2m","type":"directory"}]',
      String.raw`the text "[{\"name\":\"t2m\",\"type\":\"directory\"}]"`,
    ],
    ["Not found", 'the text "Not found"'],
    ["", "an empty document"],
    [" \n", "an empty document"],
    ["{", 'the text "{"'],
    ["\n<!DOCTYPE html><title>Index of /</title>", "a page of HTML"],
    ["<html>", "a page of HTML"],
    ["<?xml version='1.0'?><Error/>", "XML"],
  ])("cannot be %j", (document, found) => {
    const instead = { found, expected: 'a JSON object with "zarr_format"' };
    for (const key of ["/zarr.json", "/a/.zarray", "/.zgroup"])
      expect(foundInstead(key, text(document))).toEqual(instead);
  });

  it.each([
    ["CDF\x01\0\0\0\0", "a NetCDF file"],
    ["CDF\x05\0\0\0\0", "a NetCDF file"],
    ["\x89HDF\r\n\x1a\n\0", "an HDF5 or NetCDF-4 file"],
    ["GRIB\0\0\0\x02", "a GRIB file"],
    ["II*\0", "a TIFF file"],
    ["MM\0*", "a TIFF file"],
    ["PK\x03\x04", "a ZIP archive"],
    ["\x1f\x8b\x08", "gzip-compressed bytes"],
    ["\x28\xb5\x2f\xfd\x04", "bytes compressed by Zstandard"],
    ["\0\x01\x02", "bytes that are not JSON"],
  ])("cannot be the bytes %j", (codes, found) => {
    expect(foundInstead("/zarr.json", raw(codes))?.found).toBe(found);
  });

  it("of a hierarchy that is consolidated tell of its documents", () => {
    expect(foundInstead("/.zmetadata", text('{"zarr_format":2}'))?.expected).toBe(
      'a JSON object with "metadata"',
    );
    expect(foundInstead("/a/.zattrs", text("[]"))?.expected).toBe("a JSON object");
    expect(expectedAt("/a/c/0")).toBe("the bytes of a chunk");
  });
});

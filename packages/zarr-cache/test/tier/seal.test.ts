import { expect, it } from "vitest";
import { makeSeal, sealSize } from "../../src/tier/seal.ts";

it.each(["/a/c/0", "/é", "/€", "/😀", "/a😀€é/c/0", "/\u07ff\u0800\uffff"])(
  "is as long as foretold for %s",
  (key) => {
    for (const size of [0, 1, 65_537]) {
      const part = { storeId: "s", key, range: { offset: 1, length: size } };
      expect(makeSeal(part, new Uint8Array(size), () => 0).byteLength).toBe(sealSize(part, size));
    }
  },
);

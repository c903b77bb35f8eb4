import { check, equal, present } from "../check.ts";
import { seededBytes } from "../random.ts";
import { type OpenerTestDeclaration, owns, SEAL, token } from "./fixture.ts";

/** Parts of values, with and without the seal behind them. */
export function rangeTests(test: OpenerTestDeclaration): void {
  test("getRange reads any bytes of the value and of the seal behind it", async ({ opener }) => {
    const store = opener.open("a");
    if (store.getRange === undefined) return;
    const value = seededBytes(70_000, 7);
    await store.set(token(1), value.slice(), SEAL.slice());
    const all = new Uint8Array([...value, ...SEAL]);
    const end = all.byteLength;
    for (const [offset, length] of [
      [0, 1],
      [0, 4096],
      [0, end],
      [4095, 2],
      [65_535, 2],
      [end - 1, 1],
      [value.byteLength - 1, 2],
      [value.byteLength, SEAL.byteLength],
    ] as const) {
      const read = present(await store.getRange(token(1), offset, length), `bytes ${offset}+${length}`);
      equal(read, all.slice(offset, offset + length), `bytes ${offset}+${length}`);
    }
  });

  test("getRange past the end throws or answers fewer bytes, never padding", async ({ opener }) => {
    const store = opener.open("a");
    if (store.getRange === undefined) return;
    await store.set(token(1), seededBytes(100, 7), SEAL.slice());
    const end = 100 + SEAL.byteLength;
    for (const [offset, length] of [
      [end - 4, 8],
      [end, 1],
      [end + 50, 10],
    ] as const) {
      let read: Uint8Array | undefined;
      try {
        read = await store.getRange(token(1), offset, length);
      } catch {
        continue;
      }
      const there = Math.max(0, end - offset);
      check(
        (read?.byteLength ?? 0) <= there,
        `bytes ${offset}+${length} of ${end}: ${read?.byteLength} bytes came, only ${there} are there`,
      );
    }
  });

  test("getSealedRange reads any bytes of the value together with its seal", async ({ opener }) => {
    const store = opener.open("a");
    if (store.getSealedRange === undefined) return;
    const value = seededBytes(70_000, 7);
    for (const seal of [SEAL, seededBytes(3000, 8)]) {
      const name = token(seal.byteLength);
      const { byteLength } = seal;
      await store.set(name, value.slice(), seal.slice());
      for (const [offset, length] of [
        [0, 1],
        [0, value.byteLength],
        [65_535, 2],
        [value.byteLength - 1, 1],
      ] as const) {
        const what = `bytes ${offset}+${length} with a seal of ${byteLength}`;
        const read = await store.getSealedRange(name, offset, length, value.byteLength, byteLength);
        equal(present(read, what).value, value.slice(offset, offset + length), what);
        equal(present(read, what).seal, seal, `the seal of ${what}`);
        owns(present(read, what).value, what);
      }
    }
    equal(await store.getSealedRange(token(1), 0, 1, 10, 4), undefined, "of a name that is not there");
  });
}

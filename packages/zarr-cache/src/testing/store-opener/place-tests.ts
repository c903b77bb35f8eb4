import type { ByteStore } from "../../store-opener.ts";
import { check, equal } from "../check.ts";
import { seededBytes } from "../random.ts";
import { namesOf, type OpenerTestDeclaration, SEAL, SIZES, token } from "./fixture.ts";

/** The place as a whole: its stores and names, and what it charges and checks. */
export function placeTests(test: OpenerTestDeclaration): void {
  test("store ids are apart: the same name in two of them is two values", async ({ opener }) => {
    const [a, b] = [opener.open("a"), opener.open("a.b")];
    await a.set(token(1), seededBytes(10, 1), undefined);
    equal(await b.get(token(1), 10, 0), undefined, "get from the store that has not got it");
    await b.set(token(1), seededBytes(20, 2), undefined);
    equal((await a.get(token(1), 10, 0))?.value, seededBytes(10, 1), "the first store's value");
    equal((await b.get(token(1), 20, 0))?.value, seededBytes(20, 2), "the second store's value");
    await a.delete(token(1));
    check((await b.get(token(1), 20, 0)) !== undefined, "delete in one store leaves the other alone");
  });

  test("two opens of a store id share a place", async ({ opener }) => {
    const [first, second] = [opener.open("a"), opener.open("a")];
    await first.set(token(1), seededBytes(10, 1), undefined);
    equal((await second.get(token(1), 10, 0))?.value, seededBytes(10, 1), "the second open reads");
    await second.delete(token(1));
    equal(await first.get(token(1), 10, 0), undefined, "the first open after the second deleted");
  });

  test("bytes outlive the opener where another can be had", async ({ opener, again }) => {
    if (again === undefined) return;
    await opener.open("a").set(token(1), seededBytes(5000, 1), SEAL.slice());
    const other = await again();
    const read = await other.open("a").get(token(1), 5000, SEAL.byteLength);
    equal(read?.value, seededBytes(5000, 1), "the value read by another opener");
    equal(await namesOf(other), other.names && [`a ${token(1)}`], "the names that another opener lists");
    await other.close?.();
  });

  test("names lists exactly what is stored, over all stores", async ({ opener }) => {
    if (opener.names === undefined) return;
    equal(await namesOf(opener), [], "names of an empty place");
    const ids = ["a", "a.b", "B_2-x"];
    for (const [i, id] of ids.entries()) {
      const store: ByteStore = opener.open(id);
      for (let n = 0; n < 3; n++) await store.set(token(10 * i + n), seededBytes(n, n), SEAL.slice());
      await store.delete(token(10 * i + 1));
    }
    const expected = ids.flatMap((id, i) => [`${id} ${token(10 * i)}`, `${id} ${token(10 * i + 2)}`]);
    equal(await namesOf(opener), expected.sort(), "names");
  });

  test("open alone stores nothing", async ({ opener }) => {
    opener.open("a");
    equal((await namesOf(opener)) ?? [], [], "names after open");
  });

  test("a footprint is at least the bytes that are written, and whole", async ({ opener }) => {
    for (const size of SIZES)
      for (const seal of [0, 24, 2048]) {
        const footprint = opener.footprint(size, seal);
        check(
          Number.isSafeInteger(footprint) && footprint >= size + seal,
          `footprint(${size}, ${seal}) is ${footprint}`,
        );
      }
  });

  test("a checksum, where there is one, is a whole number that goes on from a seed", async ({ opener }) => {
    if (opener.crc32 === undefined) return;
    const bytes = seededBytes(1000, 1);
    const whole = opener.crc32(bytes);
    check(Number.isInteger(whole) && whole >= 0 && whole < 2 ** 32, `crc32 is ${whole}`);
    equal(opener.crc32(bytes.slice(400), opener.crc32(bytes.slice(0, 400))), whole, "in two steps");
  });
}

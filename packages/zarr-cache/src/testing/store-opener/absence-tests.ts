import { check, equal, rejects } from "../check.ts";
import { seededBytes } from "../random.ts";
import { type OpenerTestDeclaration, SEAL, token } from "./fixture.ts";

/** What was never written, is deleted, or is not all there. */
export function absenceTests(test: OpenerTestDeclaration): void {
  test("a name that is not there is undefined, whole and in part", async ({ opener }) => {
    const store = opener.open("a");
    equal(await store.get(token(1), 10, 0), undefined, "get in a store that holds nothing");
    equal(await store.getRange?.(token(1), 0, 10), undefined, "getRange in a store that holds nothing");
    await store.set(token(2), seededBytes(10, 1), undefined);
    equal(await store.get(token(1), 10, 0), undefined, "get beside another name");
    equal(await store.getRange?.(token(1), 0, 10), undefined, "getRange beside another name");
  });

  test("delete removes a name, and deleting what is not there is no error", async ({ opener }) => {
    const store = opener.open("a");
    await store.delete(token(1));
    await store.set(token(1), seededBytes(5000, 1), SEAL.slice());
    await store.set(token(2), seededBytes(10, 2), undefined);
    await store.delete(token(1));
    await store.delete(token(1));
    equal(await store.get(token(1), 5000, SEAL.byteLength), undefined, "get after delete");
    equal(await store.getRange?.(token(1), 0, 1), undefined, "getRange after delete");
    check((await store.get(token(2), 10, 0)) !== undefined, "delete leaves other names alone");
  });

  test("throws when there are not exactly as many bytes as asked for", async ({ opener }) => {
    const store = opener.open("a");
    await store.set(token(1), seededBytes(5000, 1), SEAL.slice());
    const seal = SEAL.byteLength;
    await rejects(() => store.get(token(1), 5001, seal), "one byte too many");
    await rejects(() => store.get(token(1), 4999, seal), "one byte too few");
    await rejects(() => store.get(token(1), 0, 0), "none");
    check((await store.get(token(1), 5000, seal)) !== undefined, "the right size still reads");
  });

  test("throws when the medium lost bytes of a value", async ({ opener, truncate }) => {
    if (truncate === undefined) return;
    const store = opener.open("a");
    await store.set(token(1), seededBytes(5000, 1), SEAL.slice());
    await truncate("a", token(1));
    await rejects(() => store.get(token(1), 5000, SEAL.byteLength), "get of a value that was cut off");
    await store.delete(token(1));
    equal(await store.get(token(1), 5000, SEAL.byteLength), undefined, "get after delete");
  });
}

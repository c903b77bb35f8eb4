import type { MaybePromise } from "../../maybe-promise.ts";
import type { ByteStore } from "../../store-opener.ts";
import { check, equal, present } from "../check.ts";
import { seededBytes } from "../random.ts";
import { namesOf, type OpenerTestDeclaration, owns, SEAL, SIZES, token } from "./fixture.ts";

/** Whole values with their seals: what is given back, whose buffers they are, and many at once. */
export function valueTests(test: OpenerTestDeclaration): void {
  for (const size of SIZES) {
    test(`gives back a value of ${size} bytes with its seal`, async ({ opener }) => {
      const store = opener.open("a");
      const value = seededBytes(size, size);
      await store.set(token(1), value.slice(), SEAL.slice());
      const read = present(await store.get(token(1), size, SEAL.byteLength), "get after set");
      equal(read.value, value, "the value");
      equal(read.seal, SEAL, "the seal");
    });

    test(`gives back a value of ${size} bytes without a seal`, async ({ opener }) => {
      const store = opener.open("a");
      const value = seededBytes(size, size);
      await store.set(token(1), value.slice(), undefined);
      const read = present(await store.get(token(1), size, 0), "get after set");
      equal(read.value, value, "the value");
      equal(read.seal?.byteLength ?? 0, 0, "bytes of a seal that was never given");
    });
  }

  test("gives back a seal that is longer than its value", async ({ opener }) => {
    const store = opener.open("a");
    const [value, seal] = [seededBytes(100, 1), seededBytes(5000, 2)];
    await store.set(token(1), value.slice(), seal.slice());
    const read = present(await store.get(token(1), 100, 5000), "get after set");
    equal(read.value, value, "the value");
    equal(read.seal, seal, "the seal");
    equal(await store.getRange?.(token(1), 99, 2), store.getRange && bytesAround(value, seal), "across");
  });

  test("a value owns its ArrayBuffer: offset 0, exact length", async ({ opener }) => {
    const store = opener.open("a");
    for (const size of [0, 1, 100, 70_000]) {
      await store.set(token(size), seededBytes(size, size), SEAL.slice());
      const read = present(await store.get(token(size), size, SEAL.byteLength), "get");
      owns(read.value, `a value of ${size} bytes`);
      const part = size < 2 ? undefined : await store.getRange?.(token(size), 1, size - 1);
      if (part !== undefined) owns(part, `a range of ${size - 1} bytes`);
    }
  });

  test("each get hands out a buffer of its own, or always the one that is kept", async ({ opener }) => {
    const store = opener.open("a");
    const value = seededBytes(100, 3);
    await store.set(token(1), value.slice(), undefined);
    const first = present(await store.get(token(1), 100, 0), "first get").value;
    const second = present(await store.get(token(1), 100, 0), "second get").value;
    if (store.retains === true) {
      check(first.buffer === second.buffer, "a store that retains hands out the buffer that it keeps");
      return;
    }
    check(first.buffer !== second.buffer, "two gets answer two buffers");
    first.fill(0);
    equal(present(await store.get(token(1), 100, 0), "third get").value, value, "after a reader wrote");
  });

  test("a store that does not retain copies what it is given", async ({ opener }) => {
    const store = opener.open("a");
    if (store.retains === true) return;
    const given = seededBytes(100, 3);
    const value = given.slice();
    await store.set(token(1), given, undefined);
    given.fill(0);
    equal(present(await store.get(token(1), 100, 0), "get").value, value, "after the writer wrote again");
  });

  test("writes a view as the bytes it shows, not as its buffer", async ({ opener }) => {
    const store = opener.open("a");
    if (store.retains === true) return;
    const buffer = seededBytes(300, 3);
    await store.set(token(1), buffer.subarray(100, 200), SEAL.subarray(4, 12));
    const read = present(await store.get(token(1), 100, 8), "get");
    equal(read.value, buffer.slice(100, 200), "the value");
    equal(read.seal, SEAL.slice(4, 12), "the seal");
    owns(read.value, "a value that was given as a view");
  });

  test("a reader sees a value whole or not at all while it is written and deleted", async ({ opener }) => {
    const store = opener.open("a");
    const size = 300_000;
    for (let round = 0; round < 8; round++) {
      const value = seededBytes(size, round);
      const name = token(round);
      const read = async () => {
        const answer = await store.get(name, size, SEAL.byteLength);
        if (answer === undefined) return false;
        equal(answer.value, value, "the value that a concurrent get saw");
        equal(answer.seal, SEAL, "the seal that a concurrent get saw");
        return true;
      };
      await readDuring(read, () => store.set(name, value.slice(), SEAL.slice()));
      check(await read(), "a get after set sees the value");
      await readDuring(read, () => store.delete(name));
      check(!(await read()), "a get after delete sees nothing");
    }
  });

  test("64 sets and gets at once keep their values apart", async ({ opener }) => {
    const stores = [opener.open("a"), opener.open("b")];
    const size = (i: number) => (i * 977) % 20_000;
    const store = (i: number) => stores[i % 2] as ByteStore;
    const all = Array.from({ length: 64 }, (_, i) => i);
    await Promise.all(all.map(async (i) => store(i).set(token(i), seededBytes(size(i), i), SEAL.slice())));
    const read = await Promise.all(all.map(async (i) => store(i).get(token(i), size(i), SEAL.byteLength)));
    for (const i of all) equal(read[i]?.value, seededBytes(size(i), i), `value ${i}`);
    await Promise.all(all.map(async (i) => store(i).delete(token(i))));
    equal((await namesOf(opener)) ?? [], [], "names after all were deleted");
  });
}

/** The last byte of one, then the first of another. */
function bytesAround(value: Uint8Array, seal: Uint8Array): Uint8Array {
  return Uint8Array.of(value.at(-1) ?? 0, seal[0] ?? 0);
}

/** Reads over and over, three times at once, from before some work begins until it has ended. */
async function readDuring(read: () => Promise<unknown>, work: () => MaybePromise<void>): Promise<void> {
  let over = false;
  const reader = async () => {
    // Not for ever: where both are microtasks only, reading would keep the work from going on.
    for (let reads = 0; !over && reads < 200; reads++) await read();
  };
  const before = read();
  const working = (async () => work())().finally(() => {
    over = true;
  });
  await Promise.all([before, working, reader(), reader(), reader()]);
}

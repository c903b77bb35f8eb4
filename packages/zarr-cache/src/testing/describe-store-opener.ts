import type { MaybePromise } from "../maybe-promise.ts";
import type { ByteStore, StoreOpener } from "../store-opener.ts";
import { check, equal, present, rejects } from "./check.ts";
import { seededBytes } from "./random.ts";
import type { TestRunner } from "./test-runner.ts";

/** What a test of an opener works on: a place of its own, empty. */
export interface OpenerFixture {
  readonly opener: StoreOpener;
  /** A second opener of the same place, as another process would have it; absent where bytes die with the opener. */
  again?(): Promise<StoreOpener>;
  /** Breaks the stored bytes of a name behind the opener's back: cuts off the last byte. */
  truncate?(storeId: string, token: string): Promise<void>;
  /** Removes the place and whatever holds it open. */
  dispose(): Promise<void>;
}

/** Options of {@link describeStoreOpener}. */
export interface OpenerSuite extends TestRunner {
  /** Makes an opener of an empty place; called once per test. */
  open(): Promise<OpenerFixture>;
}

const SIZES = [0, 1, 4095, 4096, 65_535, 65_536, 65_537, 1_048_576];
const SEAL = seededBytes(24, 99);

/** Declares the tests that every {@link StoreOpener} passes. Uses nothing but the contract. */
export function describeStoreOpener(name: string, { open, describe, it }: OpenerSuite): void {
  const test = (title: string, body: (fixture: OpenerFixture) => Promise<void>) =>
    it(title, async () => {
      const fixture = await open();
      try {
        await fixture.opener.check?.();
        await body(fixture);
      } finally {
        await fixture.opener.close?.();
        await fixture.dispose();
      }
    });

  describe(`${name} keeps the contract of StoreOpener`, () => {
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
  });
}

/** A name as an index makes it: 40 characters that are safe in a file name. */
function token(n: number): string {
  return `0123456789abcdef${n.toString(16).padStart(24, "0")}`;
}

/** The last byte of one, then the first of another. */
function bytesAround(value: Uint8Array, seal: Uint8Array): Uint8Array {
  return Uint8Array.of(value.at(-1) ?? 0, seal[0] ?? 0);
}

function owns(bytes: Uint8Array, what: string): void {
  check(
    bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.byteLength,
    `${what} owns its ArrayBuffer, but has offset ${bytes.byteOffset} in one of ${bytes.buffer.byteLength} bytes`,
  );
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

async function namesOf(opener: StoreOpener): Promise<string[] | undefined> {
  if (opener.names === undefined) return undefined;
  const names: string[] = [];
  for await (const { storeId, token } of opener.names()) names.push(`${storeId} ${token}`);
  return names.sort();
}

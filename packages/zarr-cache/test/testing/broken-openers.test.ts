import { describe, expect, it } from "vitest";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import type { ByteStore, StoreOpener } from "../../src/store-opener.ts";
import { describeStoreOpener } from "../../src/testing/index.ts";
import { verdictOf } from "./collect-tests.ts";

/** A sound opener that copies, with ranges; each defect replaces some of it. */
function copyingOpener(): StoreOpener {
  const memory = new MemoryStoreOpener();
  const sizes = new Map<string, number>();
  const open = (storeId: string): ByteStore => {
    const store = memory.open(storeId);
    const name = (token: string) => `${storeId} ${token}`;
    const read = async (token: string) => {
      const size = sizes.get(name(token));
      const sealed = size === undefined ? undefined : await store.get(token, size, 0);
      return sealed?.value;
    };
    return {
      get: async (token, size, sealSize) => {
        const all = await read(token);
        if (all === undefined) return undefined;
        if (all.byteLength !== size + sealSize) throw new RangeError("another size");
        return { value: all.slice(0, size), seal: all.slice(size) };
      },
      getRange: async (token, offset, length) => (await read(token))?.slice(offset, offset + length),
      set: async (token, value, seal) => {
        const all = new Uint8Array([...value, ...(seal ?? [])]);
        await store.set(token, all, undefined);
        sizes.set(name(token), all.byteLength);
      },
      delete: async (token) => {
        sizes.delete(name(token));
        await store.delete(token);
      },
    };
  };
  return {
    medium: "copies",
    open,
    footprint: (size, sealSize) => size + sealSize,
    names: () => memory.names(),
  };
}

type Defect = (sound: StoreOpener) => Partial<StoreOpener>;

/** Replaces methods of every store of an opener. */
const stores =
  (defect: (sound: ByteStore) => Partial<ByteStore>): Defect =>
  (sound) => ({
    open: (storeId) => {
      const store = sound.open(storeId);
      return { ...store, ...defect(store) };
    },
  });

const DEFECTS: readonly (readonly [what: string, title: string, defect: Defect])[] = [
  [
    "a range that begins one byte late",
    "getRange reads any bytes of the value and of the seal behind it",
    stores((sound) => ({
      getRange: async (token, offset, length) => sound.getRange?.(token, offset + 1, length),
    })),
  ],
  [
    "a range that is padded past the end",
    "getRange past the end throws or answers fewer bytes, never padding",
    stores((sound) => ({
      getRange: async (token, offset, length) => {
        const padded = new Uint8Array(length);
        padded.set((await sound.getRange?.(token, offset, length)) ?? []);
        return padded;
      },
    })),
  ],
  [
    "a view instead of a value of its own",
    "a value owns its ArrayBuffer: offset 0, exact length",
    stores((sound) => ({
      get: async (token, size, sealSize) => {
        const sealed = await sound.get(token, size, sealSize);
        return sealed && { ...sealed, value: new Uint8Array([0, ...sealed.value]).subarray(1) };
      },
    })),
  ],
  [
    "an error for a name that is not there",
    "a name that is not there is undefined, whole and in part",
    stores((sound) => ({
      get: async (token, size, sealSize) => {
        const sealed = await sound.get(token, size, sealSize);
        if (sealed === undefined) throw new Error("not there");
        return sealed;
      },
    })),
  ],
  [
    "a value of another size than was asked for",
    "throws when there are not exactly as many bytes as asked for",
    stores((sound) => ({
      get: async (token, size) => {
        const all = await sound.getRange?.(token, 0, 1e9);
        return all && { value: all.slice(0, size), seal: all.slice(size) };
      },
    })),
  ],
  [
    "a seal that is lost",
    "gives back a value of 4096 bytes with its seal",
    stores((sound) => ({
      get: async (token, size, sealSize) => {
        const sealed = await sound.get(token, size, sealSize);
        return sealed && { value: sealed.value };
      },
    })),
  ],
  [
    "a value that is seen before it is whole",
    "a reader sees a value whole or not at all while it is written and deleted",
    stores((sound) => ({
      set: async (token, value, seal) => {
        await sound.set(token, new Uint8Array(value.byteLength), seal);
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        await sound.set(token, value, seal);
      },
    })),
  ],
  [
    "a delete that fails when there is nothing",
    "delete removes a name, and deleting what is not there is no error",
    stores((sound) => ({
      delete: async (token) => {
        if ((await sound.getRange?.(token, 0, 0)) === undefined) throw new Error("not there");
        await sound.delete(token);
      },
    })),
  ],
  [
    "a buffer that is shared with the writer",
    "a store that does not retain copies what it is given",
    () => {
      const kept = new Map<string, Uint8Array>();
      return {
        open: () => ({
          get: async (token) => {
            const value = kept.get(token);
            return value && { value: value.slice() };
          },
          set: async (token, value) => void kept.set(token, value),
          delete: async (token) => void kept.delete(token),
        }),
      };
    },
  ],
  [
    "stores that share their names",
    "store ids are apart: the same name in two of them is two values",
    (sound) => ({ open: () => sound.open("one") }),
  ],
  [
    "a list that forgets a store",
    "names lists exactly what is stored, over all stores",
    (sound) => ({
      async *names() {
        for await (const name of sound.names?.() ?? []) if (name.storeId === "a") yield name;
      },
    }),
  ],
  [
    "a footprint that forgets the seal",
    "a footprint is at least the bytes that are written, and whole",
    () => ({ footprint: (size) => size }),
  ],
  [
    "a checksum that ignores its seed",
    "a checksum, where there is one, is a whole number that goes on from a seed",
    () => ({ crc32: (bytes) => bytes.reduce((sum, byte) => (sum + byte) % 2 ** 32, 0) }),
  ],
];

describe("describeStoreOpener finds", () => {
  const suiteOver =
    (defect: Defect) =>
    (runner: Pick<Parameters<typeof describeStoreOpener>[1], "describe" | "it">): void =>
      describeStoreOpener("broken", {
        open: async () => {
          const sound = copyingOpener();
          return { opener: { ...sound, ...defect(sound) }, dispose: async () => {} };
        },
        ...runner,
      });

  it.each(DEFECTS)("%s", async (_, title, defect) => {
    expect(
      await verdictOf(
        suiteOver(() => ({})),
        title,
      ),
    ).toBeUndefined();
    expect(await verdictOf(suiteOver(defect), title)).toBeDefined();
  });
});

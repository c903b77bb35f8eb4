import { canonicalJson } from "../canonical-json.ts";
import { InvalidOptionError, UnsupportedError } from "../errors.ts";
import type { Key } from "../key.ts";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/** Throws {@link InvalidOptionError} unless a name can be part of a key. */
export function assertResultName(name: unknown): asserts name is string {
  if (typeof name !== "string" || !NAME.test(name))
    throw new InvalidOptionError(
      "name",
      name,
      'letters, digits, ".", "_" and "-", 1 to 100 of them, starting with a letter, digit or "_"',
    );
}

/** Throws where there is no WebCrypto to hash keys with. */
export function assertHashing(): void {
  if (globalThis.crypto?.subtle === undefined)
    throw new UnsupportedError(
      "memo",
      "crypto.subtle is missing; browsers have it only for https and localhost",
    );
}

/** What a result is found by. */
export interface ResultName {
  /** Differs whenever the name, the version or what the result follows from does. Known at once. */
  readonly id: string;
  /** The name, for people, and the SHA-256 of the rest. */
  key(): Promise<Key>;
}

/** Names a result by what it follows from, in canonical JSON. Throws where that cannot be written down. */
export function resultName(name: string, version: string, from: unknown): ResultName {
  const text = `${JSON.stringify(version)}${canonicalJson(from, "arguments")}`;
  return { id: `${name}\n${text}`, key: async () => `/${name}/${await sha256(text)}` };
}

async function sha256(text: string): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  let hash = "";
  for (const byte of new Uint8Array(digest)) hash += byte.toString(16).padStart(2, "0");
  return hash;
}

/** Arguments without the `undefined`s at their end, which a function cannot tell from none unless it counts. */
export function withoutTrailingUndefined(args: readonly unknown[]): readonly unknown[] {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) length--;
  return args.slice(0, length);
}

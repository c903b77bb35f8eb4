import type { StoreOpener } from "../../store-opener.ts";
import { check } from "../check.ts";
import { seededBytes } from "../random.ts";
import type { TestRunner } from "../test-runner.ts";

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

/** Options of `describeStoreOpener`. */
export interface OpenerSuite extends TestRunner {
  /** Makes an opener of an empty place; called once per test. */
  open(): Promise<OpenerFixture>;
}

/** Sizes at the edges of pages and of frames, and a long one. */
export const SIZES: readonly number[] = [0, 1, 4095, 4096, 65_535, 65_536, 65_537, 1_048_576];
/** The seal of most values of these tests. */
export const SEAL: Uint8Array = seededBytes(24, 99);

/** Declares one test of the opener suite. */
export type OpenerTestDeclaration = (title: string, body: (fixture: OpenerFixture) => Promise<void>) => void;

/** Makes the function that declares tests on openers of this suite. */
export function openerTests({ open, it }: OpenerSuite): OpenerTestDeclaration {
  return (title, body) =>
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
}

/** A name as an index makes it: 40 characters that are safe in a file name. */
export function token(n: number): string {
  return `0123456789abcdef${n.toString(16).padStart(24, "0")}`;
}

/** Wants bytes to be all that their buffer holds. */
export function owns(bytes: Uint8Array, what: string): void {
  check(
    bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.byteLength,
    `${what} owns its ArrayBuffer, but has offset ${bytes.byteOffset} in one of ${bytes.buffer.byteLength} bytes`,
  );
}

/** All names that an opener lists, in order; `undefined` where it lists none. */
export async function namesOf(opener: StoreOpener): Promise<string[] | undefined> {
  if (opener.names === undefined) return undefined;
  const names: string[] = [];
  for await (const { storeId, token } of opener.names()) names.push(`${storeId} ${token}`);
  return names.sort();
}

import type { StoreIndex } from "../../store-index.ts";
import { check, equal } from "../check.ts";
import { type IndexTestDeclaration, LOCK_AGE } from "./fixture.ts";
import { fill, reservation, take, whole } from "./steps.ts";

/** What an earlier life left, in an index that can charge for it. */
export function leftoverTests(test: IndexTestDeclaration): void {
  test(
    "what may be left is charged until it was repaid, and does not drive out what is new",
    async ({ index }) => {
      if (index.repay === undefined) return;
      equal(await index.repay("a".repeat(16), 0), "held", "the turn");
      const { bytes, condemnedBytes, maxBytes } = await index.usage();
      equal(condemnedBytes, bytes, "what is owed is condemned");
      check(bytes > maxBytes * 0.9, `${bytes} of ${maxBytes} bytes are owed`);
      const claim = await take(index, whole("/a"));
      equal(await index.reserve(claim, reservation()), "full", "reserve");
      const room = await index.makeRoom(reservation(), claim.part);
      equal([room.state, room.evicted.length], ["done", 0], "room that is coming");
      await pay(index, "a", bytes / 2);
      equal((await index.usage()).bytes, bytes / 2, "bytes when half was repaid");
      await pay(index, "a", bytes / 2);
      equal((await index.usage()).bytes, bytes / 2, "bytes when the same was told again");
      equal(await index.reserve(claim, reservation()), "reserved", "reserve when there is room");
      equal([...(await index.verify({ repair: false }))], [], "what verify finds");
      await pay(index, "a", bytes * 2);
      const { condemnedBytes: left } = await index.usage();
      equal(left, 0, "what is owed when more than that was repaid");
      await index.markClean();
      equal(await index.repay("a".repeat(16), 0), "clean", "the turn, when all is clean");
    },
    { unclean: true, maxBytes: 2 ** 24 },
  );

  test(
    "markClean gives back what was not repaid",
    async ({ index }) => {
      await index.repay?.("a".repeat(16), 0);
      await index.markClean();
      equal((await index.usage()).bytes, 0, "bytes");
      await fill(index, whole("/a"));
    },
    { unclean: true },
  );
}

/** The turn to delete what is left, among the clients of an index. */
export function sharedLeftoverTests(test: IndexTestDeclaration): void {
  test(
    "one client has the turn, and another takes it over when that was not heard of",
    async ({ index, second, clock }) => {
      if (index.repay === undefined) return;
      const other = await second();
      equal(await index.repay("a".repeat(16), 0), "held", "the turn of the first");
      const { bytes } = await other.usage();
      equal(await other.repay?.("b".repeat(16), 0), "busy", "the turn of the second");
      equal(await other.repay?.("b".repeat(16), bytes / 2), "busy", "a payment without the turn");
      equal((await index.usage()).bytes, bytes, "bytes after a payment that does not count");
      await pay(index, "a", bytes / 2);
      clock.advance(LOCK_AGE * 0.9);
      equal(await index.repay("a".repeat(16), bytes / 2), "held", "being heard of");
      clock.advance(LOCK_AGE * 0.9);
      equal(await other.repay?.("b".repeat(16), 0), "busy", "the turn of one who was heard of");
      clock.advance(LOCK_AGE + 1);
      equal(await other.repay?.("b".repeat(16), 0), "held", "the turn of the dead");
      equal(await index.repay("a".repeat(16), bytes), "busy", "a payment of the one who was taken for dead");
      equal((await index.usage()).bytes, bytes / 2, "bytes after the turn has changed");
      await pay(other, "b", bytes / 4);
      equal((await index.usage()).bytes, bytes / 4, "bytes when the second has repaid");
      await other.markClean();
      equal((await index.usage()).bytes, 0, "bytes when all is clean");
    },
    { unclean: true, maxBytes: 2 ** 24 },
  );
}

async function pay(index: StoreIndex, who: string, bytes: number): Promise<void> {
  equal(await index.repay?.(who.repeat(16), bytes), "held", `a payment of ${bytes} bytes`);
}

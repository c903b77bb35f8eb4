import { expect, it } from "vitest";
import { EntrySlots } from "../../src/memory/entry-slots.ts";
import { StoreSpace } from "../../src/memory/store-space.ts";
import { seededRandom } from "../../src/testing/random.ts";

it("finds what a Map finds, through many additions and removals", () => {
  const slots = new EntrySlots("0123456789abcdef");
  const space = new StoreSpace("s", slots);
  const expected = new Map<string, number>();
  const random = seededRandom(5);
  const find = (key: string, range: string) => space.find(key, range);
  for (let step = 0; step < 40_000; step++) {
    const key = `/a/${random.below(3000)}`;
    const range = random.below(4) === 0 ? `0+${random.below(3)}` : "";
    const id = `${key} ${range}`;
    const slot = expected.get(id);
    expect(find(key, range)).toBe(slot ?? -1);
    if (slot === undefined) {
      const taken = space.claim(key, range, slots.hash(key, range));
      expect(space.findClaim(key, range)).toBe(taken);
      expect(find(key, range)).toBe(-1);
      space.addEntry(taken);
      expected.set(id, taken);
    } else {
      space.removeEntry(slot);
      slots.release(slot);
      expected.delete(id);
    }
  }
  expect(space.entries).toBe(expected.size);
  for (const [id, slot] of expected) {
    const [key = "", range = ""] = id.split(" ");
    expect(find(key, range)).toBe(slot);
    expect([...space.parts(key)]).toContain(slot);
  }
});

import { describe, expect, it } from "vitest";
import { Admission } from "../../src/tier/admission.ts";
import { RecentlyAsked } from "../../src/tier/recently-asked.ts";

const part = (key: string) => ({ storeId: "s", key });
const VALUE = new Uint8Array(1);

describe("Admission", () => {
  it("takes everything by default", () => {
    const admission = new Admission({ admitOn: "first-request", minCost: 0 });
    expect(admission.admits(part("/c/0"), VALUE, 0)).toBe(true);
  });

  it("takes a value when it is asked for again", () => {
    const admission = new Admission({ admitOn: "second-request", minCost: 0 });
    expect(admission.admits(part("/c/0"), VALUE, 1)).toBe(false);
    expect(admission.admits(part("/c/1"), VALUE, 1)).toBe(false);
    expect(admission.admits(part("/c/0"), VALUE, 1)).toBe(true);
  });

  it("tells a range from the whole and from other ranges", () => {
    const admission = new Admission({ admitOn: "second-request", minCost: 0 });
    admission.admits(part("/c/0"), VALUE, 1);
    admission.admits({ ...part("/c/0"), range: { offset: 0, length: 1 } }, VALUE, 1);
    expect(admission.admits({ ...part("/c/0"), range: { offset: 1, length: 1 } }, VALUE, 1)).toBe(false);
    expect(admission.admits({ ...part("/c/0"), range: { offset: 0, length: 1 } }, VALUE, 1)).toBe(true);
  });

  it("does not take what is cheaper to get again than it is worth", () => {
    const admission = new Admission({ admitOn: "first-request", minCost: 10 });
    expect(admission.admits(part("/c/0"), VALUE, 9.9)).toBe(false);
    expect(admission.admits(part("/c/0"), VALUE, 10)).toBe(true);
  });

  it("always takes metadata and the fact that a key is missing", () => {
    const admission = new Admission({ admitOn: "second-request", minCost: 10 });
    expect(admission.admits(part("/a/zarr.json"), VALUE, 0)).toBe(true);
    expect(admission.admits(part("/c/0"), undefined, 0)).toBe(true);
  });
});

describe("RecentlyAsked", () => {
  it("knows the last 65,536 parts, forgets those of long ago, and is seldom wrong", () => {
    const asked = new RecentlyAsked();
    const ids = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `s\n/c/${from + i}\n`);
    const wrong = ids(0, 65_536).filter((id) => asked.note(id)).length;
    expect(wrong).toBeLessThan(100);
    expect(ids(0, 65_536).every((id) => asked.note(id))).toBe(true);
    for (const id of ids(100_000, 140_000)) asked.note(id);
    expect(ids(0, 1000).filter((id) => asked.note(id)).length).toBeLessThan(20);
  });
});

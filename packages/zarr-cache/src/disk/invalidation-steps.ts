import { wholeId } from "../part.ts";
import type { Changes } from "../store-index.ts";
import { recordedClaim, takeAway } from "./claim-records.ts";
import { type Cut, covers, prefixesOf } from "./cut-list.ts";
import { behindPrefix, fitsKey, type IndexTables, keysUnder, putJson, sortable } from "./index-tables.ts";
import type { Ledger } from "./ledger.ts";

/** What is dropped at once; more is left to a cut. */
const MOST_AT_ONCE = 250;
/** What one step of working off a cut looks at. */
const MOST_PER_STEP = 500;
/** Invalidations that are kept for those who follow. */
const RING = 10_000;
/** Characters of a path that are told of one that is too long for entries. */
const MOST_TOLD = 512;

/**
 * Removes entries and claims of a path in one step, however many there are. `by` is not told of it: by default the index
 * object whose transaction it is.
 */
export function drop(
  ledger: Ledger,
  storeId: string,
  path: string,
  exact: boolean,
  by: string = ledger.origin,
): void {
  const { state, entries } = ledger.tables;
  const serial = ++ledger.head.serial;
  const fits = fitsKey(`${storeId}\n${path}\n`);
  // A tier above, whose keys may be longer, drops more than it must rather than too little.
  logChange(ledger, serial, storeId, fits ? path : shortenedPath(path), by);
  if (!fits) return;
  const prefixes = prefixesOf({ storeId, path, exact });
  const ids: string[] = [];
  const claims: string[] = [];
  for (const prefix of prefixes) {
    ids.push(...keysUnder(entries, prefix, MOST_AT_ONCE + 1));
    claims.push(...keysUnder(state, `k${prefix}`, MOST_AT_ONCE + 1));
  }
  if (ids.length + claims.length > MOST_AT_ONCE) {
    addCut(ledger, { serial, storeId, path, exact });
    return;
  }
  for (const id of ids) dropEntry(ledger, id);
  for (const key of claims) takeAway(ledger, key.slice(1));
}

/** Removes the ranges of a key, whose whole value has come. */
export function dropRanges(ledger: Ledger, storeId: string, key: string): void {
  if (ledger.head.ranges === 0) return;
  const whole = wholeId({ storeId, key });
  const ids = keysUnder(ledger.tables.entries, whole, MOST_AT_ONCE + 1, whole);
  if (ids.length <= MOST_AT_ONCE) {
    for (const id of ids) dropEntry(ledger, id);
    return;
  }
  const serial = ++ledger.head.serial;
  logChange(ledger, serial, storeId, key);
  addCut(ledger, { serial, storeId, path: key, exact: true, rangesOnly: true });
}

/** Works off some of the oldest cut; answers how many entries it condemned. */
export function workOffCut(ledger: Ledger): number {
  const cut = ledger.cuts.first;
  if (cut === undefined) return 0;
  const { state, entries } = ledger.tables;
  let left = MOST_PER_STEP;
  let condemned = 0;
  let last = cut.after;
  for (const prefix of prefixesOf(cut)) {
    if (last !== undefined && last >= behindPrefix(prefix)) continue;
    const after = last?.startsWith(prefix) ? last : undefined;
    const ids = left === 0 ? [] : keysUnder(entries, prefix, left, after);
    for (const id of ids) {
      last = id;
      const entry = ledger.entry(id);
      if (entry === undefined || entry.birth >= cut.serial || !covers(cut, id)) continue;
      ledger.condemnEntry(id, entry);
      condemned++;
    }
    left -= ids.length;
  }
  if (left > 0) dropCutClaims(ledger, cut);
  const key = `c${sortable(cut.serial)}`;
  if (left > 0) {
    void state.remove(key);
    ledger.head.cuts--;
  } else {
    putJson(state, key, last === undefined ? cut : { ...cut, after: last });
  }
  changeCuts(ledger);
  return condemned;
}

/** What others than `origin` invalidated since a cursor; one small read when nothing was. */
export function changesSince(
  tables: IndexTables,
  serial: number,
  since: number | undefined,
  origin: string,
): Changes {
  if (since === undefined || since === serial) return { cursor: serial, lost: false, paths: [] };
  if (since > serial || serial - since > RING) return { cursor: serial, lost: true, paths: [] };
  const paths: { storeId: string; path: string }[] = [];
  let found = 0;
  const range = { start: `r${sortable(since + 1)}`, end: `r${sortable(serial + 1)}` };
  for (const { value } of tables.state.getRange(range)) {
    const [storeId = "", path = "", by] = value.toString().split("\n");
    found++;
    if (by !== origin) paths.push({ storeId, path });
  }
  return { cursor: serial, lost: found < serial - since, paths };
}

function addCut(ledger: Ledger, cut: Cut): void {
  putJson(ledger.tables.state, `c${sortable(cut.serial)}`, cut);
  ledger.head.cuts++;
  changeCuts(ledger);
}

function dropEntry(ledger: Ledger, id: string): void {
  const entry = ledger.entry(id);
  if (entry !== undefined) ledger.condemnEntry(id, entry);
}

/** All at once: there are as many as fills under way, and none may outlive the cut. */
function dropCutClaims(ledger: Ledger, cut: Cut): void {
  for (const prefix of prefixesOf(cut))
    for (const key of keysUnder(ledger.tables.state, `k${prefix}`, Number.MAX_SAFE_INTEGER)) {
      const id = key.slice(1);
      const birth = recordedClaim(ledger, id)?.birth ?? cut.serial;
      if (birth < cut.serial && covers(cut, id)) takeAway(ledger, id);
    }
}

/** The directory in the beginning of a path that is too long. */
function shortenedPath(path: string): string {
  return path.slice(0, path.lastIndexOf("/", MOST_TOLD) + 1);
}

function logChange(
  ledger: Ledger,
  serial: number,
  storeId: string,
  path: string,
  by: string = ledger.origin,
): void {
  const { state } = ledger.tables;
  void state.put(`r${sortable(serial)}`, Buffer.from(`${storeId}\n${path}\n${by}`));
  if (serial > RING) void state.remove(`r${sortable(serial - RING)}`);
}

/** Makes everyone read the list of cuts again, this transaction's followers included. */
function changeCuts(ledger: Ledger): void {
  ledger.head.cutsVersion++;
  ledger.cuts.follow(ledger.tables.state, ledger.head);
}

import type { RedisConnection } from "./connection.ts";
import { entriesOf } from "./entry-listing.ts";
import { unpackStatistics } from "./entry-record.ts";
import { fieldsOf } from "./hash-fields.ts";
import { type ShardHead, unpackHead } from "./head-record.ts";
import { CORRECT } from "./lua/index-scripts.ts";
import { repairRanks } from "./rank-repair.ts";
import type { Script, ScriptArgument, ScriptReply } from "./script.ts";
import type { ShardKeys } from "./shard-keys.ts";

/** What checking needs of one shard. */
export interface VerifiedShard {
  readonly connection: RedisConnection;
  readonly keys: ShardKeys;
  run(script: Script, args: readonly ScriptArgument[]): Promise<ScriptReply | undefined>;
}

interface Counted {
  entries: number;
  bytes: number;
  condemned: number;
}

const ATTEMPTS = 3;
const CLAIM_CHARGE = 34;
const OWED = 32;

/**
 * Recounts the charges of a shard from its entries, claims and condemned names, and the write intents, pass marks and cuts, of
 * which look-ups and fills hear only while they are counted; with `repair`, sets books and ranks right.
 * A shard that changes while it is counted is counted again; one that never rests is taken to be right.
 */
export async function inspect(shard: VerifiedShard, repair: boolean): Promise<string[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await readHead(shard);
    if (before === undefined) return [];
    const found = await recount(shard);
    const wrong = compare(before, found);
    if (wrong.length === 0) return [];
    if ((await readHead(shard))?.version !== before.version) continue;
    if (!repair) return wrong;
    if (found.ranked !== found.total.entries) await repairRanks(shard);
    const { total, reserved, pinned, intents, marks, cuts, stores } = found;
    const reply = await shard.run(CORRECT, [
      ...[
        before.version,
        total.bytes,
        total.condemned,
        total.entries,
        reserved,
        pinned,
        intents,
        marks,
        cuts,
      ],
      ...[...stores].flatMap(([storeId, { entries, bytes, condemned }]) => [
        storeId,
        entries,
        bytes,
        condemned,
      ]),
    ]);
    if (String(reply?.[0]) === "ok") return wrong;
  }
  return [];
}

interface Recount {
  readonly total: Counted;
  readonly stores: ReadonlyMap<string, Counted>;
  readonly booked: ReadonlyMap<string, Counted>;
  readonly reserved: number;
  readonly pinned: number;
  readonly ranked: number;
  readonly intents: number;
  readonly marks: number;
  readonly cuts: number;
}

async function recount(shard: VerifiedShard): Promise<Recount> {
  const { connection, keys } = shard;
  const stores = new Map<string, Counted>();
  const booked = new Map<string, Counted>();
  const of = (storeId: string) => {
    const counted = stores.get(storeId) ?? { entries: 0, bytes: 0, condemned: 0 };
    stores.set(storeId, counted);
    return counted;
  };
  let pinned = 0;
  const seen = new Set<string>();
  for await (const [id, bytes] of entriesOf(connection, keys)) {
    if (seen.has(id)) continue;
    seen.add(id);
    const counted = of(id.slice(0, id.indexOf("\n")));
    counted.entries++;
    const { charge, pinned: isPinned } = unpackStatistics(bytes);
    counted.bytes += charge;
    if (isPinned) pinned += charge;
  }
  let reserved = 0;
  for await (const [id, claim] of fieldsOf(connection, keys.claims)) {
    const charge = claim.readUIntLE(CLAIM_CHARGE, 6);
    if (charge === 0) continue;
    reserved++;
    of(String(id).split("\n", 1)[0] ?? "").bytes += charge;
  }
  const { intents, marks, revoked } = await recountState(shard);
  for (const value of revoked) of(value.toString("latin1", 16)).bytes += value.readDoubleLE(8);
  let owed = 0;
  for await (const [field, value] of fieldsOf(connection, keys.books)) {
    const kind = String.fromCharCode(field[0] ?? 0);
    // What an earlier life left is of no store.
    if (kind === "u") owed = value.readDoubleLE(OWED);
    else if (kind === "d") {
      const counted = of(value.toString("latin1", 24));
      counted.bytes += value.readDoubleLE(0);
      counted.condemned += value.readDoubleLE(0);
    } else if (kind === "s")
      booked.set(field.toString("latin1", 1), {
        entries: value.readDoubleLE(0),
        bytes: value.readDoubleLE(8),
        condemned: value.readDoubleLE(16),
      });
  }
  const total = { entries: 0, bytes: owed, condemned: owed };
  for (const { entries, bytes, condemned } of stores.values()) {
    total.entries += entries;
    total.bytes += bytes;
    total.condemned += condemned;
  }
  for (const storeId of booked.keys()) of(storeId);
  const ranked = await Promise.all(keys.ranks.map((key) => connection.callBuffer("ZCARD", key)));
  return {
    total,
    stores,
    booked,
    reserved,
    pinned,
    ranked: ranked.reduce((sum: number, n) => sum + Number(n), 0),
    intents,
    marks,
    cuts: Number(await connection.callBuffer("HLEN", keys.cuts)),
  };
}

/** What ends by itself: how many keys are being written, how many parts pass, and the reservations that were taken away. */
async function recountState({ connection, keys }: VerifiedShard): Promise<{
  readonly intents: number;
  readonly marks: number;
  readonly revoked: Iterable<Buffer>;
}> {
  const kinds = { w: new Map<string, Buffer>(), p: new Map<string, Buffer>(), v: new Map<string, Buffer>() };
  for await (const [field, value] of fieldsOf(connection, keys.state)) {
    const name = field.toString("latin1");
    const kind = name[0];
    if (kind === "w" || kind === "p" || kind === "v") kinds[kind].set(name, value);
  }
  return { intents: kinds.w.size, marks: kinds.p.size, revoked: kinds.v.values() };
}

function compare(head: ShardHead, found: Recount): string[] {
  const { total, stores, booked, reserved, pinned, ranked, intents, marks, cuts } = found;
  const wrong: string[] = [];
  const check = (what: string, is: number, should: number) => {
    if (is !== should) wrong.push(`${what} ${is}, counted ${should}`);
  };
  check("charged", head.charged, total.bytes);
  check("condemned", head.condemned, total.condemned);
  check("entries", head.entries, total.entries);
  check("ranked entries", ranked, total.entries);
  check("reservations", head.reserved, reserved);
  check("pinned", head.pinned, pinned);
  check("keys being written", head.intents, intents);
  check("pass marks", head.marks, marks);
  check("cuts", head.cuts, cuts);
  for (const [storeId, { entries, bytes, condemned }] of stores) {
    const book = booked.get(storeId) ?? { entries: 0, bytes: 0, condemned: 0 };
    check(`entries of ${storeId}`, book.entries, entries);
    check(`charged to ${storeId}`, book.bytes, bytes);
    check(`condemned of ${storeId}`, book.condemned, condemned);
  }
  return wrong;
}

async function readHead({ connection, keys }: VerifiedShard): Promise<ShardHead | undefined> {
  const packed = await connection.hgetBuffer(keys.books, "h");
  return packed === null ? undefined : unpackHead(packed);
}

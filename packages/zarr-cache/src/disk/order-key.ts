/** What the order table knows of an entry without reading it, so that sorting a million is a scan of keys. */
export interface OrderFacts {
  readonly rank: number;
  readonly tick: number;
  readonly created: number;
  readonly store: number;
  readonly size: number;
  readonly charge: number;
  readonly fetchedAt: number;
  readonly hits: number;
  readonly cost: number;
}

const LENGTH = 58;
const scratch = Buffer.allocUnsafeSlow(LENGTH);

/**
 * The key of an entry in the order table. Its first bytes sort it: lowest rank first, of equal ranks the one used
 * longest ago, of equal ticks the one cached first. No entry is created twice, so no two keys are equal. The next call overwrites what is returned.
 */
export function packOrderKey(entry: OrderFacts): Uint8Array {
  writeRank(scratch, entry.rank);
  scratch.writeUIntBE(entry.tick, 8, 6);
  scratch.writeUIntBE(entry.created, 14, 6);
  scratch.writeUInt32BE(entry.store, 20);
  scratch.writeDoubleBE(entry.size, 24);
  scratch.writeUIntBE(entry.charge, 32, 6);
  scratch.writeDoubleBE(entry.fetchedAt, 38);
  scratch.writeUInt32BE(entry.hits, 46);
  scratch.writeDoubleBE(entry.cost, 50);
  return scratch;
}

const current = Buffer.allocUnsafeSlow(LENGTH);
const view = new DataView(current.buffer);

/**
 * How LMDB writes and reads these keys. A key that is read lies in one buffer, which the next one overwrites: a scan of a
 * million keys then makes no garbage, and its numbers are read by {@link currentOrder}.
 */
export const orderKeys = {
  writeKey(key: Uint8Array, target: Uint8Array, start: number): number {
    target.set(key, start);
    return start + key.length;
  },
  readKey(target: Buffer, start: number, end: number): Buffer {
    target.copy(current, 0, start, end);
    return current;
  },
};

/** The facts in the key that was read last. */
export const currentOrder: OrderFacts = {
  get rank() {
    return readRank(view);
  },
  get tick() {
    return uint48(view, 8);
  },
  get created() {
    return uint48(view, 14);
  },
  get store() {
    return view.getUint32(20);
  },
  get size() {
    return view.getFloat64(24);
  },
  get charge() {
    return uint48(view, 32);
  },
  get fetchedAt() {
    return view.getFloat64(38);
  },
  get hits() {
    return view.getUint32(46);
  },
  get cost() {
    return view.getFloat64(50);
  },
};

/** Doubles sort as bytes when the sign is flipped, and all bits of negative ones. */
function writeRank(to: Buffer, rank: number): void {
  to.writeDoubleBE(Number.isNaN(rank) ? 0 : rank, 0);
  const negative = ((to[0] as number) & 0x80) !== 0;
  if (negative) for (let i = 0; i < 8; i++) to[i] = ~(to[i] as number);
  else to[0] = (to[0] as number) | 0x80;
}

const bits = new DataView(new ArrayBuffer(8));

function readRank(from: DataView): number {
  const high = from.getUint32(0);
  const low = from.getUint32(4);
  const negative = high >>> 31 === 0;
  bits.setUint32(0, negative ? ~high : high & 0x7fffffff);
  bits.setUint32(4, negative ? ~low : low);
  return bits.getFloat64(0);
}

function uint48(from: DataView, at: number): number {
  return from.getUint16(at) * 2 ** 32 + from.getUint32(at + 2);
}

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
 * longest ago, of equal ticks the one cached first. No entry is created twice, so no two keys are equal.
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
  return Uint8Array.prototype.slice.call(scratch);
}

/** Reads a key of the order table. */
export function unpackOrderKey(key: Uint8Array): OrderFacts {
  const from = new DataView(key.buffer, key.byteOffset);
  return {
    rank: readRank(from),
    tick: uint48(from, 8),
    created: uint48(from, 14),
    store: from.getUint32(20),
    size: from.getFloat64(24),
    charge: uint48(from, 32),
    fetchedAt: from.getFloat64(38),
    hits: from.getUint32(46),
    cost: from.getFloat64(50),
  };
}

/** Doubles sort as bytes when the sign is flipped, and all bits of negative ones. */
function writeRank(to: Buffer, rank: number): void {
  to.writeDoubleBE(Number.isNaN(rank) ? 0 : rank, 0);
  const negative = ((to[0] as number) & 0x80) !== 0;
  if (negative) for (let i = 0; i < 8; i++) to[i] = ~(to[i] as number);
  else to[0] = (to[0] as number) | 0x80;
}

function readRank(from: DataView): number {
  const high = from.getUint32(0);
  const low = from.getUint32(4);
  const bits = new DataView(new ArrayBuffer(8));
  const negative = high >>> 31 === 0;
  bits.setUint32(0, negative ? ~high : high & 0x7fffffff);
  bits.setUint32(4, negative ? ~low : low);
  return bits.getFloat64(0);
}

function uint48(from: DataView, at: number): number {
  return from.getUint16(at) * 2 ** 32 + from.getUint32(at + 2);
}

/** What a token's bytes are: an entry or a reservation, a reservation that was taken away, or up for deletion. */
export type NameState = "held" | "revoked" | "condemned";

/** What is charged for one token. */
export interface ChargedName {
  state: NameState;
  readonly charge: number;
  /** Of the charge, what is for the records of the index. */
  readonly overhead: number;
  /** Place in the queue of the condemned. */
  sequence: number;
  readonly storeId: string;
}

const STATES: readonly NameState[] = ["held", "revoked", "condemned"];
const FIXED = 24;
const EPOCH_CHARACTERS = 16;
const TOKEN = /^[0-9a-f]{40}$/;

/** The key of a token of this epoch: its random part; `undefined` for any other name. */
export function nameKey(token: string, epoch: string): Uint8Array | undefined {
  if (!token.startsWith(epoch) || !TOKEN.test(token)) return undefined;
  return Buffer.from(token.slice(EPOCH_CHARACTERS), "hex");
}

const scratch = Buffer.allocUnsafeSlow(FIXED + 128);

/** Packs a charged name into a buffer that the next call overwrites. */
export function packName(name: ChargedName): Buffer {
  scratch.writeUInt32LE(STATES.indexOf(name.state), 0);
  scratch.writeUInt32LE(name.overhead, 4);
  scratch.writeDoubleLE(name.charge, 8);
  scratch.writeDoubleLE(name.sequence, 16);
  const end = FIXED + scratch.write(name.storeId, FIXED, "latin1");
  return scratch.subarray(0, end);
}

/** Reads a charged name. */
export function unpackName(bytes: Buffer): ChargedName {
  return {
    state: STATES[bytes.readUInt32LE(0)] ?? "condemned",
    overhead: bytes.readUInt32LE(4),
    charge: bytes.readDoubleLE(8),
    sequence: bytes.readDoubleLE(16),
    storeId: bytes.toString("latin1", FIXED, bytes.length),
  };
}

import { isOfEpoch } from "../token.ts";

/** Bytes of a token without its epoch, as Redis keeps it. */
export const TOKEN_BYTES = 12;

const EPOCH_CHARACTERS = 16;
const TOKEN = /^[0-9a-f]{40}$/;

/**
 * Makes the part of a token that Redis keeps: the number of the shard, so that a name alone tells where it is charged,
 * and 88 random bits.
 */
export function newShardToken(shard: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(TOKEN_BYTES);
  globalThis.crypto.getRandomValues(bytes);
  bytes[0] = shard;
  return bytes;
}

/** The token as the contract has it: epoch and hexadecimal digits. */
export function showToken(epoch: string, bytes: Buffer, at = 0): string {
  return epoch + bytes.toString("hex", at, at + TOKEN_BYTES);
}

/** What Redis keeps of a token; `undefined` for a name of another epoch or another making. */
export function packToken(token: string, epoch: string, shards: number): Buffer | undefined {
  if (!isOfEpoch(token, epoch) || !TOKEN.test(token)) return undefined;
  const bytes = tokenBytes(token);
  return (bytes[0] as number) < shards ? bytes : undefined;
}

/** What Redis keeps of a token that is known to be of this making. */
export function tokenBytes(token: string): Buffer {
  return Buffer.from(token.slice(EPOCH_CHARACTERS), "hex");
}

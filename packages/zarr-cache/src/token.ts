/** Names one life of an index: 64 random bits in hexadecimal, 16 characters. */
export function newEpoch(): string {
  return randomHex(8);
}

/** Names one claim: the epoch and 96 random bits, 40 characters, safe as a file name. */
export function newToken(epoch: string): string {
  return epoch + randomHex(12);
}

/** Whether a name was made by this life of the index. */
export function isOfEpoch(token: string, epoch: string): boolean {
  return token.startsWith(epoch);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function randomHex(bytes: number): string {
  let text = "";
  for (const byte of globalThis.crypto.getRandomValues(new Uint8Array(bytes))) text += HEX[byte];
  return text;
}

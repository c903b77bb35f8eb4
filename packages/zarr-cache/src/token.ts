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

const TOKEN = /^[0-9a-z]{17,64}$/;

/** What {@link isToken} wants, for messages. */
export const TOKEN_FORM = "17 to 64 digits and small letters";

/** Whether a name can be a token of an index, whichever: an epoch, and what tells its claims apart. Safe as a file name. */
export function isToken(name: string): boolean {
  return TOKEN.test(name);
}

/** Each byte in hexadecimal, two digits. */
export const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Random bytes that were not used yet, from `nextRandom` on: asking for a few at a time costs more than all else of a claim. */
const random = new Uint8Array(1024);
let nextRandom = random.length;

function randomHex(bytes: number): string {
  if (nextRandom + bytes > random.length) {
    globalThis.crypto.getRandomValues(random);
    nextRandom = 0;
  }
  let text = "";
  for (const end = nextRandom + bytes; nextRandom < end; nextRandom++)
    text += HEX[random[nextRandom] as number];
  return text;
}

/**
 * Where the seal of a value is: in the object's user metadata, so that every answer, a range's too, brings it along;
 * or behind the value, where it is too long for that.
 *
 * S3 takes 2 KB of metadata, names included. With 256 frames the checksums take 1 KiB, 1.4 KB in base64, and
 * leave 400 bytes for store id, key and range. Which of the two it is follows from its size alone.
 */
const NAME = "zc-seal";
const MOST_METADATA = 2048 - "x-amz-meta-".length - NAME.length;
const MOST_SEAL = Math.floor(MOST_METADATA / 4) * 3;

/** Bytes of a seal that stand behind the value. */
export function sealBehind(sealSize: number): number {
  return sealSize > MOST_SEAL ? sealSize : 0;
}

/** Bytes of a seal that stand in the metadata, as they are written there. */
export function sealInMetadata(sealSize: number): number {
  return sealSize > MOST_SEAL ? 0 : 4 * Math.ceil(sealSize / 3);
}

/** Metadata that hold a seal. */
export function packSeal(seal: Uint8Array): Record<string, string> {
  return { [NAME]: btoa(String.fromCharCode(...seal)) };
}

/** The seal in an object's metadata; `undefined` where there is none, or none that can be read. */
export function unpackSeal(metadata: Readonly<Record<string, string>> | undefined): Uint8Array | undefined {
  const text = metadata?.[NAME];
  if (text === undefined) return undefined;
  try {
    const characters = atob(text);
    const seal = new Uint8Array(characters.length);
    for (let i = 0; i < seal.length; i++) seal[i] = characters.charCodeAt(i);
    return seal;
  } catch {
    return undefined;
  }
}

/**
 * For how many milliseconds past its age an answer may be given, as its source says (RFC 5861, RFC 9111 §5.2.2.2). What
 * it does not say is absent, and up to the reader; 0 forbids it.
 */
export interface Grace {
  /** At once, while it is asked about behind the answer. */
  readonly whileRevalidate?: number | undefined;
  /** When the source fails. */
  readonly ifError?: number | undefined;
}

/** It must not be given past its age. */
export const NO_GRACE: Grace = { whileRevalidate: 0, ifError: 0 };

/** Bytes of a packed {@link Grace}. */
export const GRACE_BYTES = 8;

const ABSENT = 0xffffffff;

/** Packs it in whole seconds, as HTTP counts them; of others, in fewer, so that nothing is given for longer than allowed. */
export function packGrace({ whileRevalidate, ifError }: Grace): Uint8Array {
  const bytes = new Uint8Array(GRACE_BYTES);
  const to = new DataView(bytes.buffer);
  to.setUint32(0, seconds(whileRevalidate), true);
  to.setUint32(4, seconds(ifError), true);
  return bytes;
}

/** Reads what {@link packGrace} wrote at this place. */
export function unpackGrace(bytes: Uint8Array, at: number): Grace {
  const from = new DataView(bytes.buffer, bytes.byteOffset + at, GRACE_BYTES);
  const whileRevalidate = from.getUint32(0, true);
  const ifError = from.getUint32(4, true);
  return {
    ...(whileRevalidate !== ABSENT && { whileRevalidate: whileRevalidate * 1000 }),
    ...(ifError !== ABSENT && { ifError: ifError * 1000 }),
  };
}

function seconds(milliseconds: number | undefined): number {
  if (milliseconds === undefined) return ABSENT;
  return Math.max(0, Math.min(Math.floor(milliseconds / 1000), ABSENT - 1));
}

/** Whether two values are the same byte for byte, or both missing. */
export function equalBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);
}

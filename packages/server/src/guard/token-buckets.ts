/** Clients that are remembered; the longest unseen is forgotten first. */
const MOST = 10_000;

/**
 * Bounds what each client may ask for: a bucket holds `burst` requests at most and is filled at `ratePerSecond`.
 */
export class TokenBuckets {
  readonly #rate: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(ratePerSecond: number, burst: number) {
    this.#rate = ratePerSecond / 1000;
    this.#burst = burst;
  }

  /** Takes one request out of a client's bucket. 0 = it may; else the milliseconds after which it may again. */
  take(client: string, now: number): number {
    const bucket = this.#buckets.get(client) ?? { left: this.#burst, at: now };
    bucket.left = Math.min(this.#burst, bucket.left + Math.max(0, now - bucket.at) * this.#rate);
    bucket.at = now;
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > MOST) this.#forgetOldest();
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) / this.#rate);
    bucket.left--;
    return 0;
  }

  #forgetOldest(): void {
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}

/** Names a client by its address; of IPv6 by the network, all of which one client may have (RFC 6177). */
export function clientOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  if (address.startsWith("::ffff:")) return address.slice("::ffff:".length);
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const front = head.split(":").filter((group) => group !== "");
  const back = (tail ?? "").split(":").filter((group) => group !== "");
  const zeros = tail === undefined ? [] : Array(Math.max(0, 8 - front.length - back.length)).fill("0");
  return [...front, ...zeros, ...back].slice(0, 4).join(":");
}

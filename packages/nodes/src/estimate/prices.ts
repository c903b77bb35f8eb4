/** What things cost, in one currency. */
export interface Prices {
  readonly currency: string;
  /** Where and when these prices held, for people. */
  readonly of: string;
  /** A second of a gigabyte of memory at work. */
  readonly computeGbSecond: number;
  /** One call of a function. */
  readonly request: number;
  /** One object read. */
  readonly objectGet: number;
  /** One object written. */
  readonly objectPut: number;
  /** A gigabyte (10⁹ bytes) out to the internet. */
  readonly egressGb: number;
}

/**
 * List prices of AWS in us-east-1, without free tiers: Lambda on x86, S3 Standard, data transfer out up to 10 TB a month. They change:
 * compare https://aws.amazon.com/lambda/pricing and https://aws.amazon.com/s3/pricing before relying on them.
 */
export const AWS_PRICES: Prices = Object.freeze({
  currency: "USD",
  of: "AWS us-east-1, list prices of January 2025",
  computeGbSecond: 0.0000166667,
  request: 0.0000002,
  objectGet: 0.0000004,
  objectPut: 0.000005,
  egressGb: 0.09,
});

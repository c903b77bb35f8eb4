import type { Grace } from "./grace.ts";
import type { ConfirmedFacts, FreshWithin } from "./store-index.ts";

/** What a tier answers for a part. */
export interface CacheHit {
  /** The bytes asked for; `undefined` when the key is known to be missing. */
  readonly value: Uint8Array | undefined;
  /** True when nobody else holds `value`, so that it can be handed out as it is. */
  readonly owned: boolean;
  /** Milliseconds since the request for the bytes was sent; negative when the clock went back. */
  readonly age: number;
  /** On the storage's clock; `Infinity` = never. */
  readonly expiresAt: number;
  /** Milliseconds that the source took. */
  readonly cost: number;
  readonly validator: string | undefined;
  /** How long past its age it may be given, where the source says; see {@link Grace}. */
  readonly grace?: Grace | undefined;
  /** Whether the bytes are of an entry of the whole value, of which a range was asked for. */
  readonly whole: boolean;
  /** Bytes of the whole value, where that is known. */
  readonly size?: number | undefined;
  /** The tier that answered, such as `"memory"`. */
  readonly tier: string;
}

export interface ClaimOptions {
  /** How old an entry may be to count as a hit; default: any age. */
  readonly fresh?: FreshWithin;
  /** Ends a wait. */
  readonly signal?: AbortSignal;
}

/** What `claim` answers. */
export type CacheClaim =
  /** It is there, fresh enough. */
  | { readonly state: "hit"; readonly hit: CacheHit }
  /** The caller has the right, and the duty to end it with `commit`, `fail` or `pass`. */
  | Fill
  /** Somebody else fills it: wait, then look again. */
  | { readonly state: "wait"; settled(): Promise<WaitOutcome> }
  /** It is not going to be kept; read the source and do not queue. */
  | { readonly state: "pass"; readonly reason: PassReason };

/** How a wait ended: look again, the source failed for the filler, or it took longer than `lockTimeout`. */
export type WaitOutcome =
  | { readonly state: "look" }
  | { readonly state: "failed"; readonly failure: { readonly name: string; readonly message: string } }
  | { readonly state: "timeout" };

/** The right to fill one part. Exactly one of its methods is called, once. */
export interface Fill {
  readonly state: "fill";
  /** Aborted when the fill can no longer become visible: revoked, or its storage was closed. */
  readonly signal: AbortSignal;
  /**
   * Keeps the bytes (`undefined`: the key is missing). The storage owns `value` from now on: nobody writes to it.
   * Resolves to false when they are not kept. Never rejects.
   */
  commit(value: Uint8Array | undefined, facts?: Partial<FillFacts>): Promise<boolean>;
  /**
   * What is cached under this validator turned out to hold still: its age counts from the claim on, and no bytes move.
   * Resolves to false when no such copy is there any more. Never rejects.
   */
  confirm(validator: string, facts: ConfirmedFacts): Promise<boolean>;
  /** The source failed. Those who wait learn it. */
  fail(error: unknown): Promise<void>;
  /** The bytes are not to be kept. For a short while nobody queues for them. */
  pass(reason: PassReason): Promise<void>;
  /** Gives the right up without a word; those who wait try for themselves. */
  abandon(): Promise<void>;
}

/** Why a part is read past the cache. */
export type PassReason =
  /** Larger than an entry may be. */
  | "oversized"
  /** No room, or what is there is worth more. */
  | "full"
  /** `shouldCache` said no, or the source. */
  | "unwanted"
  /** Not read often enough yet, or too cheap to get again: see `admitOn` and `minCost` of the tier. */
  | "unproven"
  /** The source's answer was not what was asked for. */
  | "inexact"
  /** Refused a short while ago. */
  | "marked"
  /** Somebody writes the key. */
  | "writing"
  /** Invalidated or written while it was fetched. */
  | "revoked"
  /** The tier is sick. */
  | "fault"
  | "closed";

/** What is known of bytes that are committed. */
export interface FillFacts {
  /** Milliseconds that getting them again would take; decides, with the size, what is evicted first. Default 1. */
  readonly cost: number;
  /** Milliseconds that they were old when claimed. Default 0. */
  readonly age: number;
  /** On the storage's clock. Default `Infinity`. */
  readonly expiresAt: number;
  readonly validator: string | undefined;
  /** How long past its age it may be given, where the source says; see {@link Grace}. */
  readonly grace: Grace | undefined;
  /** Whether it is for one user, so that a tier which a cluster shares does not keep it. Default false. */
  readonly private: boolean;
  /** Default `"demand"`. */
  readonly purpose: FillPurpose;
}

/**
 * Why bytes were fetched: somebody reads them; nobody does yet, so that they go first until somebody does; or they are to
 * stay. What nobody reads yet is only kept in the lowest tier, from where it comes up when it is read.
 */
export type FillPurpose = "demand" | "prefetch" | "pin";

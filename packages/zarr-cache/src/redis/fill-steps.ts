import { type Part, partId, wholeId } from "../part.ts";
import { rangeId } from "../range.ts";
import type {
  ClaimAnswer,
  ClaimRef,
  ConfirmedFacts,
  EntryFacts,
  FreshWithin,
  IndexEntry,
  ReleaseOutcome,
  Reservation,
} from "../store-index.ts";
import { packFacts, packOptionalGrace, packWant, unpackFacts } from "./entry-record.ts";
import { CLAIM, LET_PASS, RELEASE, RENEW } from "./lua/claim-scripts.ts";
import { COMMIT, CONFIRM, RESERVE } from "./lua/fill-scripts.ts";
import { type ScriptArgument, wordOf } from "./script.ts";
import { newShardToken, showToken } from "./shard-token.ts";
import { type Shard, type Shards, slices } from "./shards.ts";

/** Bytes charged for an entry beside its value: its records in Redis, and its place among the objects of a bucket. */
export const REDIS_ENTRY_OVERHEAD = 512;

const CLAIMS_PER_SCRIPT = 200;
const MOST_FAILURE_TEXT = 1000;

/** What the steps of a fill need beside the shards. */
export interface FillOptions {
  readonly monotonic: () => number;
  /** Time on the index's clock. */
  now(): number;
  /** A claim was answered by an entry. */
  onHit(part: Part, entry: IndexEntry): void;
  /** It is not known whether a claim was granted. */
  giveBack(release: () => Promise<unknown>): void;
}

/** The steps of a fill, each one script on the shard of its part. */
export class FillSteps {
  readonly #shards: Shards;
  readonly #options: FillOptions;

  constructor(shards: Shards, options: FillOptions) {
    this.#shards = shards;
    this.#options = options;
  }

  async claim(part: Part, { present, missing }: FreshWithin): Promise<ClaimAnswer> {
    const { storeId, key } = part;
    const { life } = this.#shards;
    const shard = this.#shards.of(part);
    const { epoch } = life;
    const token = newShardToken(shard.number);
    const sentAt = this.#options.monotonic();
    const whole = part.range === undefined ? "" : wholeId(part);
    const args = [token, partId(part), whole, storeId, key, String(present), String(missing)];
    const reply = await this.#shards.run(shard, CLAIM, args).catch((error: unknown) => {
      this.#options.giveBack(() => this.#shards.run(shard, RELEASE, [token, partId(part), "0", ""]));
      throw error;
    });
    // The index was lost; the next one comes to the new one.
    if (reply === undefined) return { state: "pass", writing: false };
    switch (wordOf(reply)) {
      case "hit": {
        const entry = unpackFacts(reply[1] as Buffer, epoch, reply[2] === 2);
        life.clock.hasBeen(entry.fetchedAt);
        this.#options.onHit(part, entry);
        return { state: "hit", entry };
      }
      case "ok":
      case "fill": {
        const claimedAt = Number(reply[1]);
        life.clock.sample(sentAt, claimedAt);
        return { state: "fill", claim: { token: showToken(epoch, token), part, claimedAt } };
      }
      case "wait":
        return { state: "wait", token: showToken(epoch, reply[1] as Buffer) };
      default:
        return { state: "pass", writing: wordOf(reply) === "writing" };
    }
  }

  async renew(claims: readonly ClaimRef[]): Promise<readonly string[]> {
    const lost: string[] = [];
    const held = new Map<Shard, { readonly token: string; readonly args: ScriptArgument[] }[]>();
    for (const { token, part } of claims) {
      const packed = this.#shards.pack(token);
      const shard = this.#shards.of(part);
      const args = packed && [packed, partId(part), part.storeId, part.key];
      if (args === undefined) lost.push(token);
      else held.set(shard, [...(held.get(shard) ?? []), { token, args }]);
    }
    const renewSome = async (
      shard: Shard,
      some: readonly { readonly token: string; readonly args: ScriptArgument[] }[],
    ) => {
      const reply = await this.#shards.run(
        shard,
        RENEW,
        some.flatMap(({ args }) => args),
      );
      const places = reply === undefined ? [...some.keys()] : reply.slice(1).map(Number);
      for (const place of places) lost.push(some[place]?.token as string);
    };
    await Promise.all(
      [...held].flatMap(([shard, all]) =>
        slices(all, CLAIMS_PER_SCRIPT).map((some) => renewSome(shard, some)),
      ),
    );
    return lost;
  }

  async reserve(
    { token, part }: ClaimRef,
    want: Reservation,
  ): Promise<"reserved" | "full" | "refused" | "lost"> {
    const packed = this.#shards.pack(token);
    if (packed === undefined) return "lost";
    const args = [packed, partId(part), part.storeId, packWant(chargeOf(want), want)];
    const reply = await this.#shards.run(this.#shards.of(part), RESERVE, args);
    return reply === undefined ? "lost" : (wordOf(reply) as "reserved" | "full" | "refused" | "lost");
  }

  async commit({ token, part, claimedAt }: ClaimRef, facts: EntryFacts): Promise<boolean> {
    const packed = this.#shards.pack(token);
    if (packed === undefined) return false;
    const shard = this.#shards.of(part);
    const reply = await this.#shards.run(shard, COMMIT, [
      ...[packed, partId(part), part.storeId, part.key, part.range === undefined ? "" : rangeId(part.range)],
      packFacts(facts, claimedAt, this.#options.now()),
    ]);
    if (reply === undefined || wordOf(reply) !== "ok") return false;
    shard.uses.follow(Number(reply[1]));
    return true;
  }

  async confirm(
    { token, part }: ClaimRef,
    entry: Pick<IndexEntry, "token" | "whole">,
    { age, expiresAt, grace }: ConfirmedFacts,
  ): Promise<boolean> {
    const packed = this.#shards.pack(token);
    const confirmed = this.#shards.pack(entry.token);
    if (packed === undefined || confirmed === undefined) return false;
    const id = partId(part);
    const holder = entry.whole ? wholeId(part) : id;
    const args = [packed, id, holder, confirmed, String(age), String(expiresAt), packOptionalGrace(grace)];
    const reply = await this.#shards.run(this.#shards.of(part), CONFIRM, args);
    return reply !== undefined && wordOf(reply) === "kept";
  }

  async letPass({ token, part }: ClaimRef): Promise<void> {
    const packed = this.#shards.pack(token);
    if (packed !== undefined) await this.#shards.run(this.#shards.of(part), LET_PASS, [packed, partId(part)]);
  }

  async release({ token, part }: ClaimRef, { passFor = 0, failure }: ReleaseOutcome = {}): Promise<void> {
    const packed = this.#shards.pack(token);
    if (packed === undefined) return;
    const told = failure === undefined ? "" : JSON.stringify(shortened(failure));
    await this.#shards.run(this.#shards.of(part), RELEASE, [packed, partId(part), String(passFor), told]);
  }
}

/** What a reservation is charged. */
export function chargeOf({ footprint }: Reservation): number {
  return footprint + REDIS_ENTRY_OVERHEAD;
}

function shortened({ name, message }: { readonly name: string; readonly message: string }) {
  return { name: name.slice(0, MOST_FAILURE_TEXT), message: message.slice(0, MOST_FAILURE_TEXT) };
}

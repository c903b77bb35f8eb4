import type { Changes, CopiesAbove, CopiesContext, FollowedChanges } from "../store-index.ts";
import { ChangeFeed } from "./change-feed.ts";
import { connected, makeConnection, patienceFor, type RedisConnection } from "./connection.ts";
import type { IndexLife } from "./index-life.ts";
import type { InvalidationSteps } from "./invalidation-steps.ts";
import { LastingCopies } from "./lasting-copies.ts";
import { readMissed } from "./missed-messages.ts";
import type { RedisIndexSettings } from "./redis-index-options.ts";
import type { Shards } from "./shards.ts";

/** What following needs of an index. */
export interface FollowingContext {
  readonly settings: RedisIndexSettings;
  readonly life: IndexLife;
  readonly shards: Shards;
  readonly invalidations: InvalidationSteps;
  /** Marks what this client dropped itself, which it need not be told. */
  readonly origin: string;
}

/**
 * Hears through a stream, on a connection of its own, what other clients drop, and looks with every answer whether the servers
 * are still those of before: what others will not be told again is taken for lost, and what this client dropped lately is
 * dropped again.
 */
export class Following {
  readonly #context: FollowingContext;
  #feed: ChangeFeed | undefined;
  #stream: RedisConnection | undefined;
  #checking: Promise<void> | undefined;
  #isClosed = false;

  constructor(context: FollowingContext) {
    this.#context = context;
  }

  /** Connects and begins to listen, unless that is done. */
  async open(): Promise<void> {
    if (this.#feed !== undefined) return;
    const { life, shards, origin, settings } = this.#context;
    const { redis, deadline, coherence, monotonic, timers } = settings;
    const stream = await makeConnection(redis, "stream", deadline);
    await life.ask(() => connected(stream, patienceFor(deadline)));
    this.#stream = stream;
    const options = {
      connection: stream,
      stream: shards.first.keys.stream,
      origin,
      coherence,
      monotonic,
      timers,
      onHeard: () => this.#lookAfterServers(),
    };
    this.#feed = new ChangeFeed(options, life.place);
  }

  /** What others dropped since a cursor. */
  changes(since: number | undefined): Changes {
    const { epoch } = this.#context.life;
    const changes = this.#feed?.changes(since);
    if (changes === undefined || epoch === "") throw new Error("The index is not open: await open() first.");
    return changes;
  }

  /** Whether lasting copies above are still good that were made before this client was there. */
  copiesAbove(context: CopiesContext, below: FollowedChanges): CopiesAbove {
    const { life, shards, settings } = this.#context;
    const missed = (position: string) => {
      const { connection, place } = life;
      return life.ask(() => readMissed(connection, shards.first.keys.stream, place, position));
    };
    const position = () => this.#feed?.position;
    return new LastingCopies(context, below, { missed, position, monotonic: settings.monotonic });
  }

  /** Goes on with the stream of a new life. */
  restart(): void {
    this.#feed?.restart(this.#context.life.place);
  }

  close(): void {
    this.#isClosed = true;
    this.#feed?.close();
    this.#stream?.disconnect();
  }

  #lookAfterServers(): void {
    this.#checking ??= this.#dropWhatIsOwed()
      .catch(() => {})
      .finally(() => {
        this.#checking = undefined;
      });
  }

  async #dropWhatIsOwed(): Promise<void> {
    if (this.#isClosed) return;
    const { life, invalidations } = this.#context;
    if (await life.haveServersChanged()) {
      this.#feed?.lose();
      invalidations.oweAgain();
    }
    await invalidations.settle();
  }
}

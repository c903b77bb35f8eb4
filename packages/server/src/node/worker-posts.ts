import type { Heard, Posted, ToWorker } from "./worker-messages.ts";

/** Hands a message to a worker; one that has ended meanwhile does not get it. */
type SendTo = (message: ToWorker) => void;

/**
 * What the first process does about the posts of its workers: passes each on to the others, and tells who waits for it when
 * all have heard it. A worker that only begins may not hear yet: it is waited for once it has posted something itself, which it
 * does before it serves.
 */
export class WorkerPosts {
  readonly #workers = new Map<number, SendTo>();
  readonly #hearing = new Set<number>();
  /** Who has not heard a post yet, by the post. */
  readonly #deaf = new Map<Heard, Set<number>>();

  started(worker: number, send: SendTo): void {
    this.#workers.set(worker, send);
  }

  ended(worker: number): void {
    this.#workers.delete(worker);
    this.#hearing.delete(worker);
    for (const send of this.#workers.values()) send({ type: "ended", process: worker });
    for (const post of this.#deaf.keys()) {
      if (post.from === worker) this.#deaf.delete(post);
      else this.#heardBy(worker, post);
    }
  }

  posted(message: Posted): void {
    const { from, number } = message;
    this.#hearing.add(from);
    for (const [worker, send] of this.#workers) if (worker !== from) send(message);
    if (number === undefined) return;
    const post: Heard = { type: "heard", from, number };
    this.#deaf.set(post, new Set([...this.#hearing].filter((worker) => worker !== from)));
    this.#tellIfHeard(post);
  }

  heard(worker: number, { from, number }: Heard): void {
    for (const post of this.#deaf.keys())
      if (post.from === from && post.number === number) this.#heardBy(worker, post);
  }

  #heardBy(worker: number, post: Heard): void {
    this.#deaf.get(post)?.delete(worker);
    this.#tellIfHeard(post);
  }

  #tellIfHeard(post: Heard): void {
    if (this.#deaf.get(post)?.size !== 0) return;
    this.#deaf.delete(post);
    this.#workers.get(post.from)?.(post);
  }
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { SharedParts } from "../app.ts";
import type { Answer } from "../http/answer.ts";
import { parseStorePath, pathIn } from "../http/store-path.ts";
import { isPromise } from "../stores/read-value.ts";
import { IncomingAsked, plainHost } from "./incoming-asked.ts";
import { writeAnswer } from "./write-answer.ts";

/** What is done about the answers of a lane. */
export interface LaneCourse {
  /** Called before each answer is written. */
  beforeWriting(outgoing: ServerResponse): void;
  /** A request has to wait, and then has ended. */
  waits(): void;
  ended(): void;
}

/**
 * Takes `GET` and `HEAD` for keys of stores ahead of the application: what memory has is answered in the turn in which the
 * request was read, without a `Request`, a `Response` or a promise. Everything is decided where the application decides it;
 * a request that is not quite plain is left to it.
 */
export class ReadLane {
  readonly #parts: SharedParts;

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  /** Whether it answers the request, now or later; else it has done nothing. */
  take(incoming: IncomingMessage, outgoing: ServerResponse, course: LaneCourse): boolean {
    const { method, url = "" } = incoming;
    if ((method !== "GET" && method !== "HEAD") || !url.startsWith("/stores/")) return false;
    const host = plainHost(incoming);
    if (host === undefined) return false;
    const pathname = pathIn(url);
    const path = parseStorePath(pathname);
    if (path.kind !== "key") return false;
    const { entrance, reads } = this.#parts;
    const asked = new IncomingAsked(incoming, outgoing, pathname, host);
    const answer = entrance.pass(asked, () => reads.answer(asked, path));
    if (isPromise(answer)) void writeLater(outgoing, answer, course);
    else write(outgoing, answer, course);
    return true;
  }
}

function write(outgoing: ServerResponse, answer: Answer, course: LaneCourse): void {
  course.beforeWriting(outgoing);
  writeAnswer(outgoing, answer);
}

async function writeLater(
  outgoing: ServerResponse,
  answer: PromiseLike<Answer>,
  course: LaneCourse,
): Promise<void> {
  course.waits();
  try {
    write(outgoing, await answer, course);
  } catch {
    outgoing.destroy();
  } finally {
    course.ended();
  }
}

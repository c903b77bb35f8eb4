import type { ServerResponse } from "node:http";
import type { Answer, AnswerHeaders } from "../http/answer.ts";

/** Headers as Node takes them quickest; whoever answers with the same object again has it ready. */
const lists = new WeakMap<AnswerHeaders, string[]>();

/**
 * Writes an answer to a connection of Node: head and body in one go, the body as it is. Nothing is written where the client
 * has left.
 */
export function writeAnswer(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  if (outgoing.destroyed) return;
  outgoing.writeHead(status, listOf(headers));
  outgoing.end(body);
}

function listOf(headers: AnswerHeaders): string[] {
  let list = lists.get(headers);
  if (list === undefined) {
    list = Object.entries(headers).flat();
    lists.set(headers, list);
  }
  return list;
}

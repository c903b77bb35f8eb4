import { Agent, request } from "node:http";
import type { Finding } from "../frame/benchmark.ts";
import { inFlight } from "../frame/in-flight.ts";
import { ratioOf, spreadOf } from "../frame/spread.ts";
import { withTemporaryDirectory } from "../frame/temporary-directory.ts";
import { startOurs } from "./ours.ts";
import { type ValuesOrigin, valuePath } from "./values-origin.ts";
import { wrk } from "./wrk.ts";

const CLIENTS = 64;
const BYTES = 100_000;

/** How often the origin is asked for what 64 clients want at once, and what hits take while misses wait. */
export async function besideMisses(
  origin: ValuesOrigin,
  rounds: number,
  seconds: number,
): Promise<Finding[]> {
  return withTemporaryDirectory(async (directory) => {
    const server = await startOurs(directory, origin.port);
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    try {
      const asked = [];
      const tails = { alone: [] as number[], beside: [] as number[] };
      for (let round = -1; round < rounds; round++) {
        origin.taken();
        const cold = server.url + valuePath(BYTES, `cold-${round}`, true);
        await Promise.all(Array.from({ length: CLIENTS }, () => get(cold, agent)));
        const requests = origin.taken();
        const hits = () => wrk(server.url + valuePath(BYTES, "hot"), 16, seconds);
        const alone = await hits();
        const beside = await duringMisses(server.url, `${round}`, agent, hits);
        if (round < 0) continue;
        asked.push(requests);
        tails.alone.push(alone.p99);
        tails.beside.push(beside.p99);
      }
      return [
        {
          what: `${CLIENTS} clients on one cold chunk: requests to the origin`,
          figure: { spread: spreadOf(asked), unit: "requests" },
          target: { limit: 1, better: "lower" },
        },
        {
          what: `p99 of hits of 100 KB while ${CLIENTS} misses wait`,
          ours: { spread: spreadOf(tails.beside), unit: "ms" },
          beside: { who: "hits alone", spread: spreadOf(tails.alone), unit: "ms" },
          figure: { spread: ratioOf(tails.beside, tails.alone), unit: "×" },
          target: { limit: 2, better: "lower" },
        },
      ];
    } finally {
      agent.destroy();
      await server.stop();
    }
  });
}

/** Does something while so many clients wait for values that the origin gives half a second late. */
async function duringMisses<T>(url: string, name: string, agent: Agent, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const endless = Array.from({ length: CLIENTS }, (_, at) => at);
  const misses = inFlight(endless, CLIENTS, async (client) => {
    for (let at = 0; !isOver; at++) await get(url + valuePath(BYTES, `${name}-${client}-${at}`, true), agent);
  });
  try {
    return await work();
  } finally {
    isOver = true;
    await misses;
  }
}

/** Reads an answer to its end. */
function get(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.resume().on("end", resolve).on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

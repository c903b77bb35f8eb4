import type { ServerResponse } from "node:http";
import type { LoadedConfig } from "../config/load-config.ts";
import type { Log } from "../log.ts";
import { type Bulletin, noBulletin } from "../operations/bulletin.ts";
import { Jobs } from "../operations/jobs.ts";
import { Generation } from "../serving/generation.ts";
import { applyLimits, createHttpServer, drain, listen } from "./http-server.ts";
import { parseListen } from "./listen-address.ts";

/** A server as it runs in one process. */
export interface ServingProcess {
  readonly port: number;
  /** Goes on with another configuration. Requests under way end as they began; where it cannot be opened, nothing changes. */
  reload(loaded: LoadedConfig): Promise<void>;
  /** Answers what is under way, takes nothing new, and closes the cache. */
  close(): Promise<void>;
}

/** Serves in this process. Rejects where the configuration cannot be opened, or the address not be listened at. */
export async function serveProcess(
  loaded: LoadedConfig,
  log: Log,
  bulletin: Bulletin = noBulletin,
): Promise<ServingProcess> {
  let draining = false;
  const jobs = new Jobs(bulletin, Date.now);
  const surroundings = { log, bulletin, jobs, requests: {}, isDraining: () => draining };
  let current = await Generation.open(loaded, surroundings);
  let { drainTimeout } = loaded.config;
  // A connection that is kept would bring new requests to a server that ends.
  const leaving = (outgoing: ServerResponse) => {
    if (draining) outgoing.setHeader("Connection", "close");
  };
  const server = createHttpServer(
    async (request, bindings) => {
      const answer = await current.fetch(request, bindings);
      leaving(bindings.outgoing as ServerResponse);
      return answer;
    },
    (incoming, outgoing) => current.read(incoming, outgoing, leaving),
    loaded.config.limits,
  );
  const { host, port } = parseListen(loaded.config.listen);
  let turn: Promise<void> = Promise.resolve();
  try {
    // Whoever asks for a job that began before this process did finds it here as well.
    await jobs.join();
    return {
      port: await listen(server, host, port),
      reload(next) {
        // One after the other, however fast they come.
        turn = turn
          .catch(() => {})
          .then(async () => {
            const old = current;
            current = await Generation.open(next, surroundings, old);
            ({ drainTimeout } = next.config);
            applyLimits(server, next.config.limits);
            old
              .close(current)
              .catch((error) => log.error({ err: error }, "cannot close what was before a reload"));
          });
        return turn;
      },
      async close() {
        draining = true;
        await turn.catch(() => {});
        current.endStreams();
        await drain(server, drainTimeout);
        await current.close();
      },
    };
  } catch (error) {
    await current.close();
    throw error;
  }
}

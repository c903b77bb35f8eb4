import type { ServedChunk } from "@zarr-cache/nodes/queue";
import { Command } from "commander";
import { untilEnded } from "../../node/until-ended.ts";
import { serverLog } from "../../serving/server-log.ts";
import { type OpenedWorker, openWorker } from "../../worker/open-worker.ts";
import { type CacheFlags, configOf, fromHere, wholeNumber, withCacheFlags } from "../config-flags.ts";
import { print } from "../show/print.ts";
import { progress } from "../show/progress.ts";

interface Flags extends CacheFlags {
  readonly redis?: string;
  readonly queue?: string;
  readonly concurrency?: number;
  readonly allow?: readonly string[];
  readonly module?: readonly string[];
  readonly logLevel?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  zarr-cache worker ndvi.json --redis redis://127.0.0.1           evaluates chunks of this pipeline
  zarr-cache worker --redis redis://127.0.0.1                     those of the pipelines that zarr-cache.config.yaml serves
  zarr-cache worker ndvi.json --module ./nodes.js --concurrency 4 with types and resources of your own
  zarr-cache worker ndvi.json --cache s3://bucket/chunks --index redis://127.0.0.1 --max-bytes '2 TB'
                                                                  on any machine; the queue is in the Redis of the index

Who asks:  node.using({ cache }).eval(region, { method: queue({ redis }) })    from @zarr-cache/nodes/queue
Results meet in the cache, which has to be the same for workers and those who ask. Definitions find the stores of the
configuration under their ids. ZARR_CACHE_QUEUE names the Redis where its password should not be seen.
SIGTERM ends it after the chunks under way; what has not ended within drainTimeout goes to another worker, at once.`;

/** `zarr-cache worker [definition...]`. */
export function workerCommand(): Command {
  const command = new Command("worker")
    .description("Evaluate chunks of pipelines that a queue spreads over machines.")
    .argument("[definition...]", "files with definitions of pipelines that it evaluates, as JSON");
  return withCacheFlags(command)
    .option("--redis <url>", "the Redis of the queue; default: that of --index")
    .option("--queue <name>", 'name of the queue; default "evaluations"')
    .option("--concurrency <n>", "chunks at once; default 1", wholeNumber)
    .option("--allow <hash...>", "hashes of more pipelines that it evaluates")
    .option("--module <file...>", "modules whose default export lists types of nodes and resources")
    .option("--log-level <level>", "debug, info, warn, error or silent")
    .option("--json", "print what it is, and each chunk, as a line of JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (definitions: string[], flags: Flags) => {
      const loaded = await configOf(undefined, flags, sectionsOf(flags));
      const log = serverLog(loaded.config.logLevel);
      const shown = chunksShown(flags.json ?? false);
      const worker = await openWorker(loaded, { definitions, log, onChunk: shown.chunk });
      // Before anybody is told, who may then send a signal.
      const ended = untilEnded();
      print(flags.json ? asJson(worker) : asText(worker));
      const signal = await ended;
      log.info({ signal }, "ending");
      await worker.close(loaded.config.drainTimeout);
      shown.end();
      // Connections to sources that are kept for the next request would hold it up.
      process.exit(0);
    });
}

/** What the flags say, in the form of a configuration. */
function sectionsOf({ redis, queue, concurrency, allow, module }: Flags): Record<string, object> {
  const given = Object.entries({ redis, queue, concurrency }).filter(([, value]) => value !== undefined);
  return {
    worker: Object.fromEntries(given),
    pipelines: {
      evaluate: { ...(allow && { allow }) },
      ...(module && { modules: module.map((file) => fromHere(file)) }),
    },
  };
}

/** How chunks are shown: each as JSON, or how many there were in a line of a terminal. */
function chunksShown(isJson: boolean): { chunk(chunk: ServedChunk): void; end(): void } {
  if (isJson) return { chunk: (chunk) => print(`${JSON.stringify(chunk)}\n`), end() {} };
  const line = progress("evaluated");
  let [done, failed] = [0, 0];
  let reason = "";
  return {
    chunk(chunk) {
      done++;
      if (chunk.state === "failed" || chunk.state === "refused") failed++;
      reason = chunk.reason ?? reason;
      line.show(done, null, failed === 0 ? "" : `${failed} failed; last: ${reason}`);
    },
    end: () => line.end(),
  };
}

function asJson({ queue, allowed }: OpenedWorker): string {
  return `${JSON.stringify({ queue, allowed, pid: process.pid })}\n`;
}

function asText({ queue, allowed }: OpenedWorker): string {
  return `zarr-cache works at the queue "${queue}" for ${allowed.length === 1 ? "the pipeline" : "the pipelines"}\n${allowed.map((hash) => `  ${hash}\n`).join("")}`;
}

/** A process that evaluates chunks of a queue; its source counts in the process of the test. */
import { Coordinates } from "@zarr-cache/arrays";
import { queue, serveQueue } from "@zarr-cache/nodes/queue";
import type { ChunkCache } from "zarr-cache/node";
import { connect } from "../../processes/support/calls.ts";
import { type NodeWorkerPlace, openPlace } from "../../processes/support/node-worker-place.ts";
import { heightsOver } from "./heights.ts";

/** What a worker may ask of the test. */
export interface HeightCalls {
  /** The values of latitudes. */
  heights(latitudes: readonly number[]): Promise<readonly number[]>;
}

/** How a worker of the test serves. */
export interface Serving {
  readonly redis: string;
  readonly place: NodeWorkerPlace;
  readonly allow: readonly string[];
  readonly lockDuration?: number;
}

/** What a worker can be told to do. */
export interface QueueWorkerCalls {
  serve(serving: Serving): Promise<void>;
  /** What became of each chunk so far. */
  states(): readonly string[];
  /** Asks for values at so many latitudes itself, in chunks of four. */
  ask(redis: string, place: NodeWorkerPlace, size: number): Promise<readonly number[]>;
  /** Ends as SIGTERM would have it. */
  close(timeout?: number): Promise<void>;
}

let cache: ChunkCache;
let close: (options: { timeout?: number }) => Promise<void>;
const states: string[] = [];

const mine: QueueWorkerCalls & Readonly<Record<string, unknown>> = {
  async serve({ redis, place, allow, lockDuration = 60_000 }) {
    cache = await openPlace(place);
    const { registry } = heightsOver((latitudes) => test.call("heights", latitudes));
    const environment = { cache };
    const onChunk = ({ state }: { readonly state: string }) => states.push(state);
    const worker = await serveQueue({ redis, registry, allow, environment, lockDuration, onChunk });
    close = (options) => worker.close(options);
  },
  states: () => states,
  async ask(redis, place, size) {
    cache = await openPlace(place);
    const { node } = heightsOver((latitudes) => test.call("heights", latitudes));
    const method = queue({ redis, chunkPoints: 4 });
    const coordinates = Coordinates.grid({ lat: { start: 1, step: 1, size } });
    return Array.from((await node.using({ cache }).eval(coordinates, { method })).toTypedArray());
  },
  async close(timeout) {
    await close(timeout === undefined ? {} : { timeout });
    await cache.close();
  },
};

const test = connect<HeightCalls>(process, mine);
process.on("disconnect", () => process.exit());
process.send?.("ready");

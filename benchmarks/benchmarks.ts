import { arrays } from "./arrays.ts";
import { clusterCold } from "./cluster-cold.ts";
import { coldReads } from "./cold-reads.ts";
import { decodedChunks } from "./decoded-chunks.ts";
import type { Benchmark } from "./frame/benchmark.ts";
import { freshness } from "./freshness.ts";
import { lmdbIndex } from "./lmdb-index.ts";
import { memoryHit } from "./memory-hit.ts";
import { memoryIndex } from "./memory-index.ts";
import { nodes } from "./nodes.ts";
import { policy } from "./policy.ts";
import { redisIndex } from "./redis-index.ts";
import { regions } from "./regions.ts";
import { s3Hit } from "./s3-hit.ts";
import { server } from "./server.ts";
import { sharded } from "./sharded.ts";
import { sortedListing } from "./sorted-listing.ts";
import { warmArray } from "./warm-array.ts";
import { warmDisk } from "./warm-disk.ts";

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  memoryHit,
  warmArray,
  decodedChunks,
  warmDisk,
  s3Hit,
  server,
  coldReads,
  sharded,
  clusterCold,
  freshness,
  memoryIndex,
  lmdbIndex,
  redisIndex,
  regions,
  sortedListing,
  arrays,
  nodes,
  policy,
];

import { type Trace, TraceBuilder } from "./trace.ts";

/** Reads the requests from the bytes of one trace file. */
export type TraceFormat = (name: string, bytes: Buffer) => Trace;

/** Text lines `sequence id size`, as in the resources of ben-manes/caffeine's simulator. */
const adaptSize: TraceFormat = (name, bytes) => readColumns(name, bytes, " ");

/** Text lines `time⇥id⇥size`, as in the data of optiq-lab/3L-Cache. */
const tabSeparated: TraceFormat = (name, bytes) => readColumns(name, bytes, "\t");

/**
 * Records of 24 bytes, little-endian: u32 seconds, u64 id, u32 size, i64 next access, as libCacheSim writes them.
 * The next access is not read: the offline reference finds its own.
 */
const oracleGeneral: TraceFormat = (name, bytes) => {
  const builder = new TraceBuilder();
  for (let at = 0; at + 24 <= bytes.length; at += 24)
    builder.add(bytes.readBigUInt64LE(at + 4), bytes.readUInt32LE(at + 12));
  return builder.build(name);
};

/** Tells the format by the name of the file, or `undefined` when it is none of the three. */
export function formatOf(file: string): TraceFormat | undefined {
  if (file.endsWith(".oracleGeneral.bin.xz")) return oracleGeneral;
  if (file.endsWith(".csv.xz")) return tabSeparated;
  if (file.endsWith(".trace.xz")) return adaptSize;
  return undefined;
}

function readColumns(name: string, bytes: Buffer, separator: string): Trace {
  const builder = new TraceBuilder();
  for (const line of bytes.toString("latin1").split("\n")) {
    const [, id, size] = line.split(separator);
    if (id !== undefined && size !== undefined) builder.add(id, Number(size));
  }
  return builder.build(name);
}

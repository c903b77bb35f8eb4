import { openSync, readFileSync, writeSync } from "node:fs";
import type { StoreIndex } from "zarr-cache";
import { intercept } from "./strike.ts";

/** What a process was at when it died. */
export interface Tally {
  /** Claims that it held. */
  readonly claims: number;
  /** Of these, claims between reserve and commit. */
  readonly writes: number;
}

/** Keeps the number of fills under way in a file, which tells it when the process is dead. */
export function tallied(index: StoreIndex, path: string): StoreIndex {
  const file = openSync(path, "w");
  const claims = new Set<string>();
  const writes = new Set<string>();
  const write = () => writeSync(file, new Uint32Array([claims.size, writes.size]), 0, 8, 0);
  const end = (token: string) => {
    claims.delete(token);
    writes.delete(token);
    write();
  };
  write();
  return intercept(index, {
    claim: async (part, fresh) => {
      const answer = await index.claim(part, fresh);
      if (answer.state === "fill") claims.add(answer.claim.token);
      write();
      return answer;
    },
    reserve: async (claim, want) => {
      const answer = await index.reserve(claim, want);
      if (answer === "reserved") writes.add(claim.token);
      write();
      return answer;
    },
    commit: async (claim, facts) => {
      const kept = await index.commit(claim, facts);
      end(claim.token);
      return kept;
    },
    release: async (claim, outcome) => {
      await index.release(claim, outcome);
      end(claim.token);
    },
  });
}

/** Reads what {@link tallied} wrote; nothing when the process died before its index was made. */
export function readTally(path: string): Tally {
  try {
    const bytes = readFileSync(path);
    return { claims: bytes.readUInt32LE(0), writes: bytes.readUInt32LE(4) };
  } catch {
    return { claims: 0, writes: 0 };
  }
}

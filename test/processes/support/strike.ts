import fs from "node:fs";
import type { StoreIndex, StoreOpener } from "zarr-cache";
import type { DiskStoreOpenerOptions } from "zarr-cache/disk";

/** Moments in the life of an entry at which a process can be struck. */
export type Moment =
  | "claimed"
  | "reserved"
  | "writing"
  | "written"
  | "renamed"
  | "committed"
  | "condemned"
  | "deleted"
  | "freed"
  | "intent opened"
  | "source written"
  | "intent closed";

/** Strikes a process with a signal when it comes to a moment for the n-th time. */
export interface Strike {
  readonly moment: Moment;
  readonly nth: number;
  readonly signal: "SIGKILL" | "SIGSTOP";
}

type FileFunctions = NonNullable<DiskStoreOpenerOptions["files"]>;

/** Told of each moment. `last` is done only if the process dies of it. */
export type Reach = (moment: Moment, last?: () => void) => void;

/** Makes the function that strikes this process. */
export function striker(strike: Strike | undefined): Reach {
  let left = strike?.nth ?? 0;
  return (moment, last) => {
    if (moment !== strike?.moment || --left !== 0) return;
    if (strike.signal === "SIGKILL") last?.();
    process.kill(process.pid, strike.signal);
  };
}

/** An index that tells of the moments that it sees. */
export function watchedIndex(index: StoreIndex, reach: Reach): StoreIndex {
  return intercept(index, {
    claim: async (part, fresh) => {
      const answer = await index.claim(part, fresh);
      if (answer.state === "fill") reach("claimed");
      return answer;
    },
    reserve: async (claim, want) => {
      const answer = await index.reserve(claim, want);
      if (answer === "reserved") reach("reserved");
      return answer;
    },
    commit: async (claim, facts) => {
      reach("renamed");
      const kept = await index.commit(claim, facts);
      if (kept) reach("committed");
      return kept;
    },
    makeRoom: async (want) => {
      const room = await index.makeRoom(want);
      if (room.evicted.length > 0) reach("condemned");
      return room;
    },
    free: async (tokens) => {
      if (tokens.length > 0) reach("deleted");
      await index.free(tokens);
      if (tokens.length > 0) reach("freed");
    },
    openWrite: async (storeId, key) => {
      const intent = await index.openWrite(storeId, key);
      reach("intent opened");
      return intent;
    },
    closeWrite: async (intent, keep) => {
      reach("source written");
      const claim = await index.closeWrite(intent, keep);
      reach("intent closed");
      return claim;
    },
  });
}

/** File functions that tell of the moments that they see. */
export function watchedFiles(files: FileFunctions, reach: Reach): FileFunctions {
  return {
    ...files,
    writev: ((...args: Parameters<typeof fs.writev>) => {
      const [descriptor, [first]] = args;
      reach("writing", () => {
        if (first) fs.writeSync(descriptor, first, 0, first.byteLength >> 1);
      });
      files.writev(...args);
    }) as FileFunctions["writev"],
    rename: ((...args: Parameters<typeof fs.rename>) => {
      reach("written");
      files.rename(...args);
    }) as FileFunctions["rename"],
  };
}

/** The same thing with some of its methods replaced. */
export function intercept<T extends StoreIndex | StoreOpener>(target: T, instead: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(instead, name) ?? Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

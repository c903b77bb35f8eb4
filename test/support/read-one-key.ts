/**
 * A process that reads one key through a cache directory and has nothing else to do, as a script has.
 *
 * `read-one-key.ts DIRECTORY hold`: its source answers once something is written to its standard input.
 * `read-one-key.ts DIRECTORY`: its source must not be asked.
 * Writes the states of its claims, then the value, a line each.
 */
import { once } from "node:events";
import { CachedStore, type CacheStorage } from "zarr-cache";
import { openPatientCache } from "./patient-cache.ts";

const [, , directory = "", role] = process.argv;
const source = {
  async get(): Promise<Uint8Array> {
    if (role !== "hold") throw new Error("The source was asked");
    await once(process.stdin, "data");
    process.stdin.destroy();
    return Uint8Array.of(1, 2, 3);
  },
};

await using cache = await openPatientCache(directory);
const storage: CacheStorage = new Proxy(cache.storage, {
  get(target, name) {
    const member = Reflect.get(target, name, target);
    if (typeof member !== "function") return member;
    if (name !== "claim") return member.bind(target);
    return async (...args: Parameters<CacheStorage["claim"]>) => {
      const claim = await target.claim(...args);
      console.log(claim.state);
      return claim;
    };
  },
});
const store = new CachedStore(source, "data", storage);
console.log(String(await store.get("/c/0")));
await store.idle();

/** Begins many fills of the cache in `argv[2]` and exits, without closing it, when `argv[3]` of them have been answered. */
import { openCache } from "zarr-cache/node";

const [, , directory = "", answers = "0"] = process.argv;
const cache = await openCache(directory, { memory: false });
const store = cache.wrap({ get: async () => new Uint8Array(1000) }, "s");
let answered = 0;
for (let i = 0; i < 300; i++)
  store.get(`/${process.pid}/${i}`).then(() => {
    if (++answered === Number(answers)) process.exit(0);
  });

import { HttpSource } from "zarr-cache/http";
import { openCache } from "zarr-cache/node";
import { answerAndEnd, orderOfProgram } from "../frame/program.ts";
import { readView } from "./read-view.ts";

// Reads the view through a cache in a directory; answers the milliseconds from before the cache is opened.
const { url, directory } = orderOfProgram<{ readonly url: string; readonly directory: string }>();
const start = performance.now();
const cache = await openCache(directory, { maxBytes: "1 GB" });
await readView(cache.wrap(new HttpSource(url), "view"));
const milliseconds = performance.now() - start;
await cache.idle();
await cache.close();
answerAndEnd(milliseconds);

// Threads do not take over the loader of their process: this one loads it, and then the worker.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");

import { z } from "@hono/zod-openapi";
import type { ServedStore, ServerContext } from "../context.ts";
import { functionSettings } from "../functions/function-settings.ts";
import { Functions } from "../functions/functions.ts";
import { ValueHeaders } from "../stores/describe-value.ts";
import { KnownSizes } from "../stores/known-sizes.ts";
import { CacheAside } from "./cache-aside.ts";

/** The part `aside` of a configuration: which store's objects the cache-aside API and functions work on. */
export const asideSettings = z
  .strictObject({
    store: z.string().describe("Id of the store that is the system of record."),
    functions: functionSettings.prefault({}),
  })
  .openapi("Aside");

/** {@link asideSettings}, read and completed. */
export type AsideSettings = z.output<typeof asideSettings>;

/** What the cache-aside API works with. */
export interface Aside {
  /** The system of record, as it is served. */
  readonly served: ServedStore;
  readonly objects: CacheAside;
  readonly functions: Functions;
  /** How large objects are of which a client wants a part. */
  readonly sizes: KnownSizes;
  /** What was told of objects last. */
  readonly described: ValueHeaders;
  /** Ends all calls of functions. */
  close(): Promise<void>;
}

/**
 * Makes the cache-aside API ready: {@link ServerContext.aside} of a context. `directory`: where paths of modules begin.
 * Rejects where the store is none that is served, or a module cannot be read.
 */
export async function openAside(
  { cache, stores }: Pick<ServerContext, "cache" | "stores">,
  settings: AsideSettings,
  directory: string,
): Promise<Aside> {
  const served = stores.get(settings.store);
  if (served === undefined)
    throw new Error(
      `aside.store: there is no store "${settings.store}"; name one of ${[...stores.keys()].join(", ")}.`,
    );
  const functions = await Functions.open(cache, served.store, settings.functions, directory);
  return {
    served,
    objects: new CacheAside(served.store),
    functions,
    sizes: new KnownSizes(served.store, served.source),
    described: new ValueHeaders(served.caching),
    close: () => functions.close(),
  };
}

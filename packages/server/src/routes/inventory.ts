import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { EntryInfo } from "zarr-cache";
import type { ServedStore, ServerContext } from "../context.ts";
import { refusal } from "../http/authorize.ts";
import { apiApp, assertMay, storeFor } from "../operations/api-app.ts";
import { arrayOf } from "../operations/array-of.ts";
import type { ProcessStatistics, ServerStatistics } from "../operations/process-statistics.ts";
import { json, REFUSALS } from "../operations/responses.ts";
import {
  arrayUsageSchema,
  entriesQuery,
  entrySchema,
  storeSchema,
  tierUsageSchema,
  usageSchema,
} from "../operations/schemas.ts";
import { storeCounts } from "../operations/store-counts.ts";

const id = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });

const stores = createRoute({
  method: "get",
  path: "/api/v1/stores",
  summary: "The stores that are served",
  responses: {
    200: json(z.object({ stores: z.array(storeSchema) }), "Those that the token reaches."),
    ...REFUSALS,
  },
});

const store = createRoute({
  method: "get",
  path: "/api/v1/stores/{id}",
  summary: "One store",
  request: { params: id },
  responses: { 200: json(storeSchema, "The store."), ...REFUSALS },
});

const arrays = createRoute({
  method: "get",
  path: "/api/v1/stores/{id}/arrays",
  summary: "What each array of a store has in the cache",
  request: { params: id },
  responses: {
    200: json(z.object({ arrays: z.array(arrayUsageSchema) }), "The arrays, the largest first."),
    ...REFUSALS,
  },
});

const wholeUsage = usageSchema.extend({ tiers: z.array(tierUsageSchema) });

const usage = createRoute({
  method: "get",
  path: "/api/v1/usage",
  summary: "What is kept in all, against the budget",
  responses: {
    200: json(wholeUsage, "Of the lowest tier, and by tier."),
    ...REFUSALS,
  },
});

const entries = createRoute({
  method: "get",
  path: "/api/v1/entries",
  summary: "What is cached, sorted and in pages",
  request: { query: entriesQuery },
  responses: {
    200: json(z.object({ entries: z.array(entrySchema), next: z.string().nullable() }), "A page."),
    ...REFUSALS,
  },
});

/** What there is: stores, arrays, entries, and how full the cache is. */
export function inventoryRoutes(
  context: ServerContext,
  statistics: Pick<ServerStatistics, "all">,
): OpenAPIHono {
  const app = apiApp();
  const { cache } = context;
  app.openapi(stores, async (c) => {
    const readable = [...context.stores.values()].filter(
      (served) => refusal(context, c.req.raw, "read", served.id) === undefined,
    );
    if (readable.length === 0) assertMay(context, c.req.raw, "read");
    const processes = statistics.all();
    const described = await Promise.all(readable.map((served) => describeStore(served, processes)));
    return c.json({ stores: described }, 200);
  });
  app.openapi(store, async (c) => {
    const served = storeFor(context, c.req.raw, "read", c.req.valid("param").id);
    return c.json(await describeStore(served, statistics.all()), 200);
  });
  app.openapi(arrays, async (c) =>
    c.json({ arrays: await arraysOf(storeFor(context, c.req.raw, "read", c.req.valid("param").id)) }, 200),
  );
  app.openapi(usage, async (c) => {
    assertMay(context, c.req.raw, "read");
    return c.json(wholeUsage.parse(await cache.usage()), 200);
  });
  app.openapi(entries, async (c) => {
    const { store: storeId, path: prefix, orderBy, limit, cursor } = c.req.valid("query");
    // What is cached of a store that is not served, or not any more, is for those who may read all.
    if (storeId === undefined || !context.stores.has(storeId)) assertMay(context, c.req.raw, "read");
    else storeFor(context, c.req.raw, "read", storeId);
    const named = storeId && (context.stores.get(storeId)?.store.storeId ?? storeId);
    const page = await cache.entries({
      orderBy,
      limit,
      ...(named !== undefined && { storeId: named }),
      ...(prefix !== undefined && { prefix }),
      ...(cursor !== undefined && { cursor }),
    });
    const ids = new Map([...context.stores.values()].map(({ id, store: served }) => [served.storeId, id]));
    const listed = page.entries.map((entry) => describeEntry(entry, ids.get(entry.storeId)));
    return c.json({ entries: listed, next: page.cursor ?? null }, 200);
  });
  return app;
}

async function describeStore(
  { id: name, store: served, writable }: ServedStore,
  processes: readonly ProcessStatistics[],
) {
  const { reads, hitRatio = 0, sourceReads, sourceBytes, sourceFailures } = storeCounts(processes, name);
  const { entries: count, bytes } = await served.storage.usage(served.storeId);
  return {
    id: name,
    source: served.identity ?? null,
    writable,
    entries: count,
    bytes,
    reads,
    hitRatio,
    sourceReads,
    sourceBytes,
    sourceFailures,
  };
}

async function arraysOf({ store: served }: ServedStore): Promise<z.output<typeof arrayUsageSchema>[]> {
  const sums = new Map<string, { entries: number; bytes: number }>();
  let cursor: string | undefined;
  do {
    const page = await served.storage.entries({
      storeId: served.storeId,
      limit: 1000,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { key, charge } of page.entries) {
      const sum = sums.get(arrayOf(key)) ?? { entries: 0, bytes: 0 };
      sums.set(arrayOf(key), { entries: sum.entries + 1, bytes: sum.bytes + charge });
    }
    ({ cursor } = page);
  } while (cursor !== undefined);
  return [...sums].map(([array, sum]) => ({ array, ...sum })).sort((a, b) => b.bytes - a.bytes);
}

/** `id`: what the store is served as, where its name in the cache is another. */
function describeEntry(entry: EntryInfo, id?: string): z.output<typeof entrySchema> {
  const { storeId, key, range, missing, size, charge, age, cost, hits, lastUsedAt, expiresAt, validator } =
    entry;
  return {
    store: id ?? storeId,
    key,
    range: range ?? null,
    missing,
    size,
    charge,
    age,
    cost,
    hits,
    lastUsedAt: new Date(lastUsedAt).toISOString(),
    expiresAt: expiresAt < 8.64e15 ? new Date(expiresAt).toISOString() : null,
    validator: validator ?? null,
  };
}

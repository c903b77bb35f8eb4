import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { KeySelection } from "zarr-cache";
import type { Scope } from "../access.ts";
import type { ServedStore, ServerContext } from "../context.ts";
import { defined } from "../defined.ts";
import { refusal } from "../http/authorize.ts";
import { eventStream } from "../http/event-stream.ts";
import { apiApp, assertMay, fail, storeFor } from "../operations/api-app.ts";
import { drop } from "../operations/drop.ts";
import type { Job, JobWork } from "../operations/job.ts";
import { type Jobs, TooManyJobsError } from "../operations/jobs.ts";
import { json, jsonBody, REFUSALS } from "../operations/responses.ts";
import { invalidationSchema, jobSchema, verifySchema, warmSchema } from "../operations/schemas.ts";

const id = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });

const invalidate = createRoute({
  method: "post",
  path: "/api/v1/invalidate",
  summary:
    "Drop copies: of a key, path, array or region, of what is old, or of a store; the source is never touched",
  request: jsonBody(invalidationSchema),
  responses: {
    200: json(z.object({ keys: z.number().nullable() }), "Dropped; `keys`: how many, where they were named."),
    ...REFUSALS,
  },
});

const warm = createRoute({
  method: "post",
  path: "/api/v1/warm",
  summary: "Read keys into the cache",
  request: jsonBody(warmSchema),
  responses: { 202: json(jobSchema, "The job that does it."), ...REFUSALS },
});

const verify = createRoute({
  method: "post",
  path: "/api/v1/verify",
  summary: "Compare what is kept with its checksums, and set right what is wrong",
  request: jsonBody(verifySchema),
  responses: { 202: json(jobSchema, "The job that does it."), ...REFUSALS },
});

const jobs = createRoute({
  method: "get",
  path: "/api/v1/jobs",
  summary: "The latest jobs",
  responses: { 200: json(z.object({ jobs: z.array(jobSchema) }), "The latest first."), ...REFUSALS },
});

const job = createRoute({
  method: "get",
  path: "/api/v1/jobs/{id}",
  summary: "How far a job is",
  request: { params: id },
  responses: { 200: json(jobSchema, "The job."), ...REFUSALS },
});

const cancel = createRoute({
  method: "delete",
  path: "/api/v1/jobs/{id}",
  summary: "End a job; what it has done stays done",
  request: { params: id },
  responses: { 204: { description: "It is told to end." }, ...REFUSALS },
});

const progress = createRoute({
  method: "get",
  path: "/api/v1/jobs/{id}/events",
  summary: "How far a job is, as events, until it has ended",
  request: { params: id },
  responses: {
    200: { description: "Events `job`.", content: { "text/event-stream": { schema: jobSchema } } },
    ...REFUSALS,
  },
});

/** What changes the cache: invalidations, and jobs that warm and verify it. */
export function changeRoutes(context: ServerContext): OpenAPIHono {
  const app = apiApp();
  const board = context.jobs;
  const known = (jobId: string) => board.get(jobId) ?? fail(404, "There is no such job, or no longer.");
  const begin = async (kind: Job["kind"], store: string | null, work: JobWork) => {
    try {
      return await board.begin(kind, store, context, work);
    } catch (error) {
      if (!(error instanceof TooManyJobsError)) throw error;
      return fail(503, "As many jobs are running as may; wait for one to end.");
    }
  };
  app.openapi(invalidate, async (c) => {
    const what = c.req.valid("json");
    const served = storeFor(context, c.req.raw, "write", what.store);
    return c.json({ keys: (await drop(served, what)) ?? null }, 200);
  });
  app.openapi(warm, async (c) => {
    const { store: storeId, concurrency, ...selection } = c.req.valid("json");
    storeFor(context, c.req.raw, "write", storeId);
    const begun = await begin("warm", storeId, async ({ stores }, tell, signal) => {
      const { store } = stores.get(storeId) as ServedStore;
      const { failures, ...report } = await store.warm(selectionOf(selection), {
        signal,
        onProgress: ({ total = null, ...rest }) => tell({ total, ...rest }),
        ...(concurrency !== undefined && { concurrency }),
      });
      return { ...report, failures: failures.slice(0, 10).map(({ key }) => key) };
    });
    return c.json(begun, 202, { Location: `/api/v1/jobs/${begun.id}` });
  });
  app.openapi(verify, async (c) => {
    assertMay(context, c.req.raw, "admin");
    const { repair } = c.req.valid("json");
    const begun = await begin("verify", null, async ({ cache }, tell, signal) => ({
      ...(await cache.verify({ repair, signal, onProgress: (told) => tell({ ...told }) })),
    }));
    return c.json(begun, 202, { Location: `/api/v1/jobs/${begun.id}` });
  });
  app.openapi(jobs, (c) => {
    const isShown = (storeId: string | null) => maySee(context, c.req.raw, storeId);
    if (!isShown(null) && ![...context.stores.keys()].some(isShown)) assertMay(context, c.req.raw, "read");
    return c.json({ jobs: board.list().filter(({ store }) => isShown(store)) }, 200);
  });
  const shown = (request: Request, jobId: string) => {
    if (!maySee(context, request, board.get(jobId)?.store ?? null)) assertMay(context, request, "read");
    return known(jobId);
  };
  app.openapi(job, (c) => c.json(shown(c.req.raw, c.req.valid("param").id), 200));
  app.openapi(cancel, (c) => {
    const { id: jobId, store } = known(c.req.valid("param").id);
    assertMay(context, c.req.raw, store === null ? "admin" : "write", store ?? undefined);
    board.cancel(jobId);
    return c.body(null, 204);
  });
  app.openapi(progress, (c) => {
    const first = shown(c.req.raw, c.req.valid("param").id);
    return eventStream(context.closing, (send, end) => follow(board, first, send, end));
  });
  return app;
}

/** Jobs are for those who may read the server, and those of a store for whoever may begin and end them. */
function maySee(context: ServerContext, request: Request, storeId: string | null): boolean {
  const may = (...what: [Scope, string?]) => refusal(context, request, ...what) === undefined;
  return may("read") || (storeId !== null && may("write", storeId));
}

function follow(
  board: Jobs,
  first: Job,
  send: (event: { event: string; data: unknown }) => void,
  end: () => void,
): () => void {
  const tell = (current: Job) => {
    if (current.id !== first.id) return;
    send({ event: "job", data: current });
    if (current.state !== "running") end();
  };
  const stop = board.onChange(tell);
  tell(board.get(first.id) ?? first);
  return stop;
}

function selectionOf({
  keys,
  pattern,
  arrays,
  region,
}: Omit<z.output<typeof warmSchema>, "store" | "concurrency">): KeySelection {
  if (keys !== undefined) return keys;
  if (pattern !== undefined) return { pattern };
  return { arrays: arrays ?? [], ...defined({ region }) } as KeySelection;
}

import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Aside } from "../cache-aside/aside.ts";
import { BadRequestError } from "../cache-aside/bad-request.ts";
import {
  addressSchema,
  bodySchema,
  type Wanted,
  wantedByAddress,
  wantedByBody,
} from "../cache-aside/command.ts";
import { answerAsideFailure } from "../cache-aside/failure.ts";
import { readJson } from "../cache-aside/json-body.ts";
import { keyOfPath } from "../cache-aside/object-path.ts";
import { objectResponse } from "../cache-aside/object-response.ts";
import { objectValue } from "../cache-aside/object-value.ts";
import { denial } from "../cache-aside/permission.ts";
import type { ServerContext } from "../context.ts";

/** Where the commands are. */
export const COMMANDS = "/cache/api/v1.0/";

const SUCCESS = JSON.stringify({ result: "success" });

/**
 * `/cache/api/v1.0/`: commands about the objects of a system of record, and functions over those that are cached, by
 * address or by body. Answers `{"return": {"uri", "path", "value"}}`, and errors as problems with a member `error`.
 */
export function cacheAsideRoutes(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono();
  const { aside } = context;
  if (aside === undefined) return app;
  describe(app);
  for (const address of [COMMANDS, COMMANDS.slice(0, -1)])
    app.all(address, async ({ req: { raw: request } }) => {
      try {
        return await answer(context, aside, request, await wantedBy(request));
      } catch (error) {
        return withError(answerAsideFailure(error, request, context.log));
      }
    });
  return app;
}

async function wantedBy(request: Request): Promise<Wanted> {
  if (request.method === "GET") return wantedByAddress(request.url);
  if (request.method === "POST") return wantedByBody(await readJson(request));
  throw new BadRequestError("Use GET or POST.", 405);
}

async function answer(
  context: ServerContext,
  aside: Aside,
  request: Request,
  wanted: Wanted,
): Promise<Response> {
  const denied = denial(context, request, actionOf(wanted), aside.served.id);
  if (denied !== undefined) return withError(denied);
  if ("function" in wanted)
    return returned(await aside.functions.run(wanted.function, wanted.args, request.signal));
  const { command, path, expires, as } = wanted.command;
  if (path === undefined) return returned(JSON.stringify(await aside.objects.overview()));
  const { objects } = aside;
  const name = keyOfPath(path).slice(1);
  const options = { expires, signal: request.signal };
  switch (command) {
    case "create":
      await objects.create(name, options);
      return returned(SUCCESS, name);
    case "update":
      await objects.update(name, options);
      return returned(SUCCESS, name);
    case "delete":
      await objects.delete(name);
      return returned(SUCCESS, name);
    case "head":
      return returned(JSON.stringify(await objects.head(name)), name);
    case "read": {
      if (as === "bytes" || (as === undefined && asksForBytes(request)))
        return objectResponse(aside, name, request);
      const bytes = await objects.read(name, request.signal);
      return returned(as === "base64" ? JSON.stringify(base64(bytes)) : objectValue(name, bytes), name);
    }
  }
}

function actionOf(wanted: Wanted): "read" | "run" | "write" {
  if ("function" in wanted) return "run";
  return ["read", "head"].includes(wanted.command.command) ? "read" : "write";
}

/** An answer with a value that is JSON already. */
function returned(value: string, path?: string): Response {
  const named = path === undefined ? "" : `,"path":${JSON.stringify(path)}`;
  return new Response(`{"return":{"uri":"${COMMANDS}"${named},"value":${value}}}\n`, {
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}

/** The same problem with its text as `error` too, where clients of this API look for it. */
async function withError(response: Response): Promise<Response> {
  if (response.body === null) return response;
  const problem = (await response.json()) as { detail?: string };
  if (response.status === 405) response.headers.set("Allow", "GET, POST");
  response.headers.delete("Content-Length");
  return new Response(JSON.stringify({ ...problem, error: problem.detail }), response);
}

function asksForBytes(request: Request): boolean {
  return /(?:^|,)\s*application\/octet-stream\s*(?:[;,]|$)/i.test(request.headers.get("Accept") ?? "");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

const answerSchema = z
  .object({ return: z.object({ uri: z.string(), path: z.string().optional(), value: z.unknown() }) })
  .openapi("CommandAnswer");

/** Tells `/openapi.json` of the commands, which share one address. */
function describe(app: OpenAPIHono): void {
  const responses = {
    200: {
      description: "What became of it; for read with as=bytes, the bytes.",
      content: { "application/json": { schema: answerSchema } },
    },
    400: { description: "It cannot be understood." },
    404: { description: "There is no such object or function." },
    507: { description: "The cache does not keep the object." },
  };
  const summary = "A command about an object, or a function over those that are cached";
  app.openAPIRegistry.registerPath({
    method: "get",
    path: COMMANDS,
    summary,
    request: { query: addressSchema },
    responses,
  });
  app.openAPIRegistry.registerPath({
    method: "post",
    path: COMMANDS,
    summary,
    request: { body: { content: { "application/json": { schema: bodySchema } }, required: true } },
    responses,
  });
}

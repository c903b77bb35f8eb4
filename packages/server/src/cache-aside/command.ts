import { z } from "@hono/zod-openapi";
import type { FunctionArguments } from "../functions/cached-items.ts";
import { durationSchema } from "../unit-schemas.ts";
import { BadRequestError, understand } from "./bad-request.ts";

const fields = {
  command: z.enum(["create", "read", "update", "delete", "head"]).default("read"),
  path: z
    .string()
    .min(1)
    .optional()
    .openapi({ description: "Path of the object.", example: "2020/file1.json" }),
  as: z.enum(["bytes", "base64"]).optional().openapi({ description: "How read gives the object." }),
  expires: durationSchema.optional().openapi({ description: "When a created or updated object ends." }),
};
const functionName = z
  .string()
  .min(1)
  .openapi({ description: "Name of a function.", example: "cache_stats" });

/** A command about one object, or `head` about all. */
const commandSchema = z
  .strictObject(fields)
  .refine(({ command, path }) => path !== undefined || command === "head", {
    path: ["path"],
    message: "give the path of an object",
  })
  .openapi("Command");

/** A call of a function: its name, and whatever else is there as its arguments. */
const callSchema = z.looseObject({ function: functionName }).openapi("FunctionCall");

/** A body as far as it is the same for both. */
const dataSchema = z.strictObject({ data: z.record(z.string(), z.unknown()) });

/** The parameters of an address, for OpenAPI: those of a command, or a function's. */
export const addressSchema = z.looseObject({ ...fields, function: functionName.optional() });

/** A body, for OpenAPI. */
export const bodySchema = z
  .strictObject({ data: z.union([commandSchema, callSchema]) })
  .openapi("CommandBody");

/** What a request wants. */
export type Wanted =
  | { readonly command: z.output<typeof commandSchema> }
  | { readonly function: string; readonly args: FunctionArguments };

const FORMS = "give a command and a path, or a function";

/** Reads what the address of a request wants. A parameter that comes several times is a list, for functions alone. */
export function wantedByAddress(url: string): Wanted {
  const { searchParams } = new URL(url);
  const fields = new Map<string, string | string[]>();
  for (const name of new Set(searchParams.keys())) {
    const values = searchParams.getAll(name);
    fields.set(name, values.length === 1 ? (values[0] as string) : values);
  }
  if (fields.size === 0) throw new BadRequestError(`Nothing is asked for: ${FORMS}.`);
  return wanted(Object.fromEntries(fields));
}

/** Reads what the body of a request wants. */
export function wantedByBody(body: unknown): Wanted {
  return wanted(understand(dataSchema, body).data);
}

function wanted(fields: Readonly<Record<string, unknown>>): Wanted {
  if (!Object.hasOwn(fields, "function")) return { command: understand(commandSchema, fields) };
  if (Object.hasOwn(fields, "command")) throw new BadRequestError(`Both a command and a function: ${FORMS}.`);
  const { function: name, ...args } = understand(callSchema, fields);
  return { function: name, args };
}

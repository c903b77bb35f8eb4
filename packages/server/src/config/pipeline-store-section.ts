import { z } from "@hono/zod-openapi";
import { durationSchema } from "../unit-schemas.ts";
import { cachingFields } from "./caching-fields.ts";

const length = z.int({ error: "is no length of a chunk; give a whole number ≥ 1" }).min(1);

/** A store that is computed: what a pipeline gives on a grid, as a Zarr array. */
export const pipelineStoreSection = z.strictObject({
  pipeline: z
    .string()
    .min(1)
    .describe(
      "Path of the pipeline's definition as JSON. It finds the other stores of this configuration under their ids.",
    ),
  coordinates: z
    .record(z.string(), z.unknown(), {
      error:
        "says on which labels the pipeline is served; give axes by dimension, such as { lat: { start: 50, stop: 40, step: -0.1 }, lon: [10, 11] }",
    })
    .describe(
      'The labels that it is served on: axes by dimension, in order, and perhaps "crs". An axis is a label, a list of labels, { start, stop, step } or { start, stop, size }. Or the definition of coordinates: { crs, coordinates }.',
    ),
  chunks: z
    .union([z.array(length), z.record(z.string(), length)], {
      error: "are no lengths; give [365, 100, 100] in the order of the coordinates, or { lat: 100 }",
    })
    .optional()
    .describe("Lengths of chunks, by dimension or in their order. Default: chunks of at most 2 MB."),
  dtype: z
    .enum(["float64", "float32", "int32", "uint32", "int16", "uint16", "int8", "uint8"])
    .optional()
    .describe('Type of the values. Default "float64".'),
  params: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .optional()
    .describe("Values of parameters, by address of the node and name."),
  name: z.string().optional().describe('Name of the array in its group. Default "data".'),
  format: z
    .union([z.literal(2), z.literal(3), z.literal("both")])
    .optional()
    .describe('Versions of Zarr that it is served in. Default "both".'),
  compression: z.enum(["gzip", "none"]).optional().describe('Compression of chunks. Default "none".'),
  recheck: durationSchema
    .optional()
    .describe('After how long it is asked again whether its sources have changed. Default "5m".'),
  ...cachingFields,
});

/** A store that is computed as it is configured, read and completed. */
export type PipelineStoreConfig = z.output<typeof pipelineStoreSection>;

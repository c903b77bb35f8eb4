import { Command } from "commander";
import { openApi, type TargetFlags, withTargetFlags } from "../api/open-api.ts";
import { runJob } from "../api/run-job.ts";
import { CommandError } from "../command-error.ts";
import { print, printJson } from "../show/print.ts";
import { bytes } from "../show/units.ts";
import { isSource, storeNameOf } from "../store-name.ts";

interface Flags extends TargetFlags {
  readonly array?: readonly string[];
  readonly pattern?: string;
  readonly region?: string;
  readonly concurrency?: string;
}

/** What the job tells when it is done: numbers of all kinds, and keys that could not be read. */
interface Report extends Readonly<Record<string, unknown>> {
  readonly failures?: readonly string[];
}

const EXAMPLES = `
Examples:
  zarr-cache warm era5 --array t2m                        a whole array of a configured store
  zarr-cache warm era5 --array t2m --region 0:31,:,:      the first 31 steps of it
  zarr-cache warm https://slow.example/era5.zarr --pattern '/t2m/**'
  zarr-cache warm era5 --array t2m --server http://127.0.0.1:5000

What is cached already is not read again: a command that was ended goes on where it was.`;

/** `zarr-cache warm <store>`. */
export function warmCommand(): Command {
  const command = new Command("warm")
    .description("Read into the cache what will be needed.")
    .argument("<store>", "the id of a store, or a source as for serve");
  return withTargetFlags(command)
    .option("-a, --array <name...>", "whole arrays, or a region of them")
    .option("-r, --region <region>", "for each dimension start:stop, or : for all of it, with commas between")
    .option("-p, --pattern <pattern>", "keys, such as '/t2m/**', of a source that can list")
    .option("--concurrency <n>", "requests at once")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: Flags) => {
      const source = isSource(name) ? name : undefined;
      if (source !== undefined && flags.server !== undefined)
        throw new CommandError("A server reads only what it is configured to: name a store of its own.", 2);
      const body = {
        store: source === undefined ? name : (flags.id ?? storeNameOf(source)),
        ...selectionOf(flags),
      };
      const api = await openApi(flags, source);
      try {
        const report = await runJob<Report>(api, "/api/v1/warm", body, "warmed", (told) => ({
          done: Number(told["done"] ?? 0),
          total: typeof told["total"] === "number" ? told["total"] : null,
          more: bytes(Number(told["bytes"] ?? 0)),
        }));
        if (flags.json) printJson(report);
        else print(asText(report));
        const { failures = [] } = report;
        if (failures.length > 0)
          throw new CommandError(`not read: ${failures.join(", ")}; the same command tries them again.`);
      } finally {
        await api.close();
      }
    });
}

function selectionOf({ array, pattern, region, concurrency }: Flags): object {
  if ((array === undefined) === (pattern === undefined))
    throw new CommandError("say what: --array NAME, or --pattern PATTERN.", 2);
  if (region !== undefined && array === undefined) throw new CommandError("--region needs --array.", 2);
  return {
    ...(array !== undefined && { arrays: array }),
    ...(pattern !== undefined && { pattern }),
    ...(region !== undefined && { region: region.split(",").map(rangeOf) }),
    ...(concurrency !== undefined && { concurrency: Number(concurrency) }),
  };
}

/** `start:stop` of one dimension; `null` for all of it. */
function rangeOf(text: string): readonly [number, number] | null {
  if (text.trim() === ":") return null;
  const [, start, stop] = /^\s*(\d+):(\d+)\s*$/.exec(text) ?? [];
  if (start === undefined || stop === undefined)
    throw new CommandError(
      `--region has "${text}"; a dimension is start:stop, such as 0:31, or ":" for all.`,
      2,
    );
  return [Number(start), Number(stop)];
}

function asText(report: Report): string {
  const told = Object.entries(report).filter(([, value]) => typeof value === "number");
  return `${told.map(([name, value]) => `${name}: ${name === "bytes" ? bytes(value as number) : value}`).join(", ")}\n`;
}

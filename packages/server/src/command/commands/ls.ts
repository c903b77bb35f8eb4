import { Command, Option } from "commander";
import { ask, withQuery } from "../api/api.ts";
import { openApi, type TargetFlags, withTargetFlags } from "../api/open-api.ts";
import { print } from "../show/print.ts";
import { table } from "../show/table.ts";
import { bytes, duration } from "../show/units.ts";

interface Entry {
  readonly store: string;
  readonly key: string;
  readonly range: { offset?: number; length?: number; suffixLength?: number } | null;
  readonly missing: boolean;
  readonly size: number;
  readonly age: number;
  readonly cost: number;
  readonly hits: number;
}

interface Page {
  readonly entries: readonly Entry[];
  readonly next: string | null;
}

interface Flags extends TargetFlags {
  readonly sort: string;
  readonly limit: string;
  readonly path?: string;
  readonly all?: true;
}

const EXAMPLES = `
Examples:
  zarr-cache ls                           what is in the cache, by key
  zarr-cache ls era5 --sort hits          what of a store is used most
  zarr-cache ls era5 --path /t2m --all    all of an array
  zarr-cache ls --json --all | jq …       one JSON object a line`;

/** `zarr-cache ls [store]`. */
export function lsCommand(): Command {
  const command = new Command("ls")
    .description("List what is cached.")
    .argument("[store]", "only of this store");
  return withTargetFlags(command)
    .addOption(
      new Option("--sort <order>", "what comes first")
        .choices(["key", "size", "age", "hits", "cost"])
        .default("key"),
    )
    .option("--limit <n>", "entries at most", "100")
    .option("--path <path>", "only below it, such as /t2m")
    .option("--all", "all of them")
    .addHelpText("after", EXAMPLES)
    .action(async (store: string | undefined, flags: Flags) => {
      const api = await openApi(flags);
      try {
        let cursor: string | undefined;
        let left = flags.all ? Number.POSITIVE_INFINITY : Number(flags.limit);
        do {
          const limit = Math.min(left, 1000);
          const query = { store, path: flags.path, orderBy: flags.sort, limit, cursor };
          const page = await ask<Page>(api, withQuery("/api/v1/entries", query));
          print(
            flags.json ? page.entries.map((it) => `${JSON.stringify(it)}\n`).join("") : asTable(page.entries),
          );
          left -= page.entries.length;
          cursor = page.next ?? undefined;
        } while (cursor !== undefined && left > 0);
      } finally {
        await api.close();
      }
    });
}

function asTable(entries: readonly Entry[]): string {
  const rows = entries.map(({ store, key, range, missing, size, age, cost, hits }) => [
    store,
    key,
    rangeText(range),
    missing ? "missing" : bytes(size),
    duration(age),
    duration(cost),
    String(hits),
  ]);
  return table(["store", "key", "range", "size", "age", "cost", "hits"], rows, [
    "size",
    "age",
    "cost",
    "hits",
  ]);
}

function rangeText(range: Entry["range"]): string {
  if (range === null) return "";
  if (range.suffixLength !== undefined) return `last ${range.suffixLength}`;
  return `${range.offset}+${range.length}`;
}

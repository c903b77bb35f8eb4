import { Command } from "commander";
import { ask } from "../api/api.ts";
import { openApi, type TargetFlags, withTargetFlags } from "../api/open-api.ts";
import { print, printJson } from "../show/print.ts";
import { table } from "../show/table.ts";
import { bytes, percent } from "../show/units.ts";

interface Usage {
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly evictions: number;
}

interface Store {
  readonly id: string;
  readonly source: string | null;
  readonly entries: number;
  readonly bytes: number;
  readonly reads: number;
  readonly hitRatio: number;
  readonly sourceReads: number;
  readonly sourceBytes: number;
}

type WholeUsage = Usage & {
  readonly tiers: readonly (Usage & { readonly tier: string; readonly sick: boolean })[];
};

/** `zarr-cache stats`. */
export function statsCommand(): Command {
  const command = new Command("stats").description(
    "Show how full the cache is, and what each store has in it.",
  );
  return withTargetFlags(command).action(async (flags: TargetFlags) => {
    const api = await openApi(flags);
    try {
      const usage = await ask<WholeUsage>(api, "/api/v1/usage");
      const { stores } = await ask<{ readonly stores: readonly Store[] }>(api, "/api/v1/stores");
      if (flags.json) printJson({ usage, stores });
      else print(tiersTable(usage) + (stores.length === 0 ? "" : `\n${storesTable(stores)}`));
    } finally {
      await api.close();
    }
  });
}

function tiersTable({ tiers }: WholeUsage): string {
  const rows = tiers.map(({ tier, sick, entries, bytes: used, maxBytes, evictions }) => [
    sick ? `${tier} (out of order)` : tier,
    String(entries),
    bytes(used),
    bytes(maxBytes),
    percent(used / maxBytes),
    String(evictions),
  ]);
  const head = ["tier", "entries", "used", "budget", "full", "evictions"];
  return table(head, rows, head.slice(1));
}

/** Reads and hits are those of a server that runs: none, where the command opened the cache itself. */
function storesTable(stores: readonly Store[]): string {
  const rows = stores.map(
    ({ id, source, entries, bytes: used, reads, hitRatio, sourceReads, sourceBytes }) => [
      id,
      String(entries),
      bytes(used),
      String(reads),
      reads === 0 ? "–" : percent(hitRatio),
      String(sourceReads),
      bytes(sourceBytes),
      source ?? "",
    ],
  );
  const head = ["store", "entries", "used", "reads", "hits", "source reads", "source bytes", "source"];
  return table(head, rows, head.slice(1, -1));
}

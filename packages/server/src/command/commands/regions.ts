import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { loadRegions } from "../../regions/load-regions.ts";
import { reportOf } from "../../regions/report-of.ts";
import type { RegionReport } from "../../regions/served-region.ts";
import { ask } from "../api/api.ts";
import { serverApi, type TargetFlags, withTargetFlags } from "../api/open-api.ts";
import { CommandError } from "../command-error.ts";
import { configOf } from "../config-flags.ts";
import { print, printJson } from "../show/print.ts";
import { table } from "../show/table.ts";
import { duration } from "../show/units.ts";

/** What a server says; directly, without what only a server counts. */
type Report = Omit<RegionReport, "counts" | "conflicts"> & Partial<RegionReport>;

/** How long members are listened to, in milliseconds: those that are there answer at once. */
const LISTENED = 1000;

/** `zarr-cache regions`. */
export function regionsCommand(): Command {
  const command = new Command("regions").description(
    "Show which regions are there, who is how far behind, and what was superseded.",
  );
  return withTargetFlags(command).action(async (flags: TargetFlags) => {
    const report =
      flags.server === undefined
        ? await reportDirectly(flags)
        : await ask<RegionReport>(serverApi(flags.server), "/api/v1/regions");
    if (flags.json) printJson(report);
    else print(textOf(report));
  });
}

/** Joins the region that is configured for a moment, and listens. */
async function reportDirectly(flags: TargetFlags): Promise<Report> {
  const { config } = await configOf(undefined, flags);
  if (config.region === undefined)
    throw new CommandError("no region is configured; name a server that is in one with --server.", 2);
  const { Region, isRegionsError } = await loadRegions();
  const { name, nats, namespace } = config.region;
  try {
    const region = await Region.open({ region: name, nats, namespace });
    try {
      await pause(LISTENED);
      return reportOf(name, await region.state(), Date.now());
    } finally {
      await region.close();
    }
  } catch (error) {
    if (isRegionsError(error)) throw new CommandError(error.message, 1, { cause: error });
    throw error;
  }
}

function textOf({ region, joined, domain, members, logs, backlog, counts, conflicts }: Report): string {
  if (!joined) return `Region ${region} is alone: its NATS server does not answer.\n`;
  const told = [`Region ${region}, JetStream domain ${domain ?? "none"}.\n`];
  const sum = (rows: readonly { region: string; behind: number | null }[], of: string) => {
    const known = rows.filter((row) => row.region === of && row.behind !== null);
    return known.length === 0 ? "–" : String(known.reduce((all, { behind }) => all + (behind ?? 0), 0));
  };
  const stopped = (of: string) => {
    const longest = Math.max(0, ...logs.filter((log) => log.region === of).map((log) => log.stoppedFor));
    return longest === 0 ? "–" : duration(longest);
  };
  const names = [...new Set([...members, ...logs, ...backlog].map((it) => it.region))].sort();
  const rows = names
    .filter((name) => name !== region)
    .map((name) => [
      name,
      String(members.filter((member) => member.region === name).length),
      sum(logs, name),
      stopped(name),
      sum(backlog, name),
    ]);
  if (rows.length === 0) told.push("No other region has been heard.\n");
  else
    told.push(
      "\n",
      table(["other region", "members", "lag", "stopped for", "backlog"], rows, [
        "members",
        "lag",
        "stopped for",
        "backlog",
      ]),
    );
  if (members.length > 0) told.push("\n", membersTable(members));
  if (counts !== undefined)
    told.push(`\nSuperseded writes: ${counts.superseded}. Reads from other regions: ${counts.reads}.\n`);
  for (const { key, lost, won } of conflicts ?? []) told.push(`  ${key}: ${lost}, replaced by ${won}\n`);
  return told.join("");
}

function membersTable(members: Report["members"]): string {
  const rows = members.map(({ id, region, url, heardAgo, roundTrip }) => [
    id,
    region,
    duration(heardAgo),
    roundTrip === null ? "–" : duration(roundTrip),
    url ?? "",
  ]);
  return table(["member", "region", "heard ago", "round trip", "address"], rows, ["heard ago", "round trip"]);
}

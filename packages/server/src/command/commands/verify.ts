import { Command } from "commander";
import { counted } from "../../counted.ts";
import { openApi, type TargetFlags, withTargetFlags } from "../api/open-api.ts";
import { runJob } from "../api/run-job.ts";
import { CommandError } from "../command-error.ts";
import { print, printJson } from "../show/print.ts";

interface Report {
  readonly checked: number;
  readonly lost: number;
  readonly corrupt: number;
  readonly orphans: number;
  readonly accounting: readonly string[];
  readonly repaired: boolean;
}

/** `zarr-cache verify`. */
export function verifyCommand(): Command {
  const command = new Command("verify").description("Compare all that is cached with its checksums.");
  return withTargetFlags(command)
    .option("--repair", "set right what is wrong")
    .addHelpText("after", "\nEnds with 1 where something is wrong and was not repaired.")
    .action(async (flags: TargetFlags & { readonly repair?: true }) => {
      const api = await openApi(flags);
      try {
        const body = { repair: flags.repair ?? false };
        const report = await runJob<Report>(api, "/api/v1/verify", body, "checked", ({ checked }) => ({
          done: Number(checked ?? 0),
          total: null,
        }));
        if (flags.json) printJson(report);
        else print(asText(report));
        const isWrong = report.lost + report.corrupt + report.orphans + report.accounting.length > 0;
        if (isWrong && !report.repaired) throw new CommandError("Not all is well; --repair sets it right.");
      } finally {
        await api.close();
      }
    });
}

function asText({ checked, lost, corrupt, orphans, accounting, repaired }: Report): string {
  const lines = [
    `${counted(checked, "entry", "entries")} checked.`,
    ...(lost > 0 ? [`${lost} without bytes.`] : []),
    ...(corrupt > 0 ? [`${corrupt} whose bytes are not what was written.`] : []),
    ...(orphans > 0 ? [`${counted(orphans, "name")} with bytes that nothing counts.`] : []),
    ...accounting,
  ];
  lines.push(lines.length === 1 ? "All is well." : repaired ? "Repaired." : "");
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

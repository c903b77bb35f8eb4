import { resolve } from "node:path";
import { type Arguments, HELP, parseArguments, UsageError } from "./arguments.ts";
import { counted } from "./counted.ts";
import { explain } from "./explain.ts";
import { findArray } from "./explore.ts";
import { fixtureReadings } from "./fixture-readings.ts";
import { FAR_AWAY, startOrigin } from "./origin-process.ts";
import { planReadings } from "./plan.ts";
import { Progress } from "./progress.ts";
import { formatConclusion, formatTable } from "./report.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { type Subject, takeTour } from "./tour.ts";

const progress = new Progress(process.stderr);

/** Takes the tour over a subject, prints what came of it, and returns the exit code. */
async function show(subject: Subject, { cache, maxBytes }: Arguments): Promise<number> {
  const rows = await takeTour(subject, {
    directory: temporaryDirectory(),
    cache: cache === undefined ? undefined : resolve(cache),
    maxBytes,
    onProgress: (name, done, of) => progress.show(name, done, of),
  });
  progress.clear();
  console.log(`${formatTable(rows)}\n\n${formatConclusion(rows, subject.readings.length)}`);
  return rows.some(({ differing }) => differing.length > 0) ? 1 : 0;
}

async function showOwnData(args: Arguments): Promise<number> {
  const origin = await startOrigin(FAR_AWAY);
  try {
    const readings = fixtureReadings();
    console.log(
      `${readings.length} maps and time series of sea-surface temperature and wind, from a server ` +
        `${FAR_AWAY.latency} ms away with ${FAR_AWAY.bandwidth / 1e6} MB/s a connection\n`,
    );
    return await show({ url: origin.url, readings, traffic: () => origin.traffic() }, args);
  } finally {
    await origin.end();
  }
}

async function showUrl(url: URL, args: Arguments): Promise<number> {
  const array = await findArray(url, args.array);
  const readings = planReadings(array);
  console.log(
    `${counted(readings.length, "reading")} of ${array.path} (${array.shape.join(" × ")}, chunks of ${array.chunks.join(" × ")}) at ${url}\n`,
  );
  return show({ url: url.href, readings }, args);
}

const NEXT = `
Next: pnpm demo <url> [array]   the same with a Zarr store of yours
      pnpm examples             short programs, one for each thing to do with it`;

async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2));
  if (args.help) {
    console.log(HELP);
    return 0;
  }
  const code = args.url ? await showUrl(args.url, args) : await showOwnData(args);
  if (code === 0) console.log(NEXT);
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  progress.clear();
  const usage = error instanceof UsageError;
  console.error(`${explain(error)}${usage ? "; pnpm demo --help tells what is possible" : ""}`);
  process.exitCode = usage ? 2 : 1;
}

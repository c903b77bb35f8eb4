/** An S3 server that keeps objects in memory, in a process of its own so that every worker reaches it. */
import { connect } from "../../processes/support/calls.ts";
import { startFauxqs } from "../../support/s3-server.ts";

/** What the server can be asked. */
export interface S3ProgramCalls {
  endpoint(): string;
}

const { endpoint } = await startFauxqs();

connect(process, { endpoint: () => endpoint } satisfies S3ProgramCalls & Readonly<Record<string, unknown>>);
process.on("disconnect", () => process.exit());
process.send?.("ready");

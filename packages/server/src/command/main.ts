import { explain } from "./explain-error.ts";
import { createCommand } from "./program.ts";

try {
  await createCommand().parseAsync();
} catch (error) {
  const { message, exitCode } = explain(error);
  if (message !== undefined) process.stderr.write(`zarr-cache: ${message}\n`);
  process.exitCode = exitCode;
}

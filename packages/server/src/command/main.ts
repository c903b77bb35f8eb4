import { explain } from "./explain-error.ts";
import { createCommand } from "./program.ts";

// Whoever reads what this prints may have seen enough, such as `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await createCommand().parseAsync();
} catch (error) {
  const { message, exitCode } = explain(error);
  if (message !== undefined) process.stderr.write(`zarr-cache: ${message}\n`);
  process.exitCode = exitCode;
}

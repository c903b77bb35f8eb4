import { createCommand } from "./program.ts";

await createCommand().parseAsync();

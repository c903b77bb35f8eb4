import { startProgram } from "../frame/program.ts";
import type { Peer } from "./peer.ts";

/** Starts the bare server of Node, in a process of its own. */
export async function startBare(): Promise<Peer> {
  const program = startProgram<number>(new URL("./bare-program.ts", import.meta.url), undefined);
  const port = await program.answer;
  return { url: `http://127.0.0.1:${port}`, stop: async () => void program.process.disconnect() };
}

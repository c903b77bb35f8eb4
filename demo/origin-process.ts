import { fileURLToPath } from "node:url";
import { forkProgram } from "./fork-program.ts";
import type { OriginQuestion, Traffic } from "./origin.ts";

/** A running `origin.ts`. */
export interface Origin {
  readonly url: string;
  traffic(): Promise<Traffic>;
  /** Answers for one path with what lies at another from now on. */
  serve(path: string, instead: string): Promise<void>;
  end(): Promise<void>;
}

export interface Distance {
  /** Milliseconds before each answer. */
  readonly latency: number;
  /** Bytes per second and connection. */
  readonly bandwidth: number;
}

/** Another continent, over a good line. */
export const FAR_AWAY: Distance = { latency: 80, bandwidth: 4e6 };

/** Starts a server of the demo's data and waits until it listens. */
export async function startOrigin({ latency, bandwidth }: Distance): Promise<Origin> {
  const data = fileURLToPath(new URL("../test/fixtures", import.meta.url));
  const program = forkProgram("origin.ts", [data, String(latency), String(bandwidth)]);
  const ask = <Answer>(question: OriginQuestion): Promise<Answer> => program.ask<Answer>(question);
  return {
    url: await ask<string>({ ask: "url" }),
    traffic: () => ask<Traffic>({ ask: "traffic" }),
    async serve(path, instead) {
      if (!(await ask<boolean>({ ask: "serve", path, instead })))
        throw new Error(`No ${instead} at the origin`);
    },
    end: () => program.end(),
  };
}

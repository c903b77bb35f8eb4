import { onTestFinished } from "vitest";

/** Collects the reasons of rejections that nobody hears of, until the test has ended. */
export function unheardRejections(): readonly unknown[] {
  const unheard: unknown[] = [];
  const note = (reason: unknown) => void unheard.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  return unheard;
}

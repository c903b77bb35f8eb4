import { expect, it } from "vitest";
import { progress } from "../../src/command/show/progress.ts";

/** A terminal, or a file, that keeps what is written. */
function recording(isTTY: boolean) {
  const written: string[] = [];
  const out = { isTTY, write: (text: string) => written.push(text) > 0 };
  return { written, out };
}

it("shows in one line of a terminal how far something is", () => {
  const { written, out } = recording(true);
  const line = progress("warmed", out);
  line.show(0, 4);
  line.show(1, 4, "1 MB");
  line.show(4, 4);
  line.show(7, null, "7 MB");
  line.end();
  const bar = (filled: number) => "█".repeat(filled) + "░".repeat(24 - filled);
  expect(written).toEqual(
    [
      `warmed  ${bar(0)}  0 of 4  `,
      `warmed  ${bar(6)}  1 of 4  1 MB`,
      `warmed  ${bar(24)}  4 of 4  `,
      "warmed  7  7 MB",
      "",
    ].map((text) => `\r\x1b[2K${text}`),
  );
});

it("shows the whole of nothing as done", () => {
  const { written, out } = recording(true);
  progress("warmed", out).show(0, 0);
  expect(written).toEqual([`\r\x1b[2Kwarmed  ${"█".repeat(24)}  0 of 0  `]);
});

it("writes nothing into a file or a pipe", () => {
  const { written, out } = recording(false);
  const line = progress("warmed", out);
  line.show(1, 2);
  line.end();
  expect(written).toEqual([]);
});

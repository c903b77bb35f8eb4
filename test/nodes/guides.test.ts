import { readFileSync } from "node:fs";
import { Arithmetic, FunctionSource, resource } from "@zarr-cache/nodes";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The code of a guide, and the programs that it links to, which `pnpm examples` runs and `tsc` checks. */
function guide(path: string) {
  const text = read(path);
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  const programs = [...text.matchAll(/\]\(\.\.\/(examples\/[\w-]+\.ts)\)/g)].map(
    ([, program = ""]) => program,
  );
  return { blocks, programs };
}

describe.each([
  ["docs/nodes-of-your-own.md", 6],
  ["docs/sharing-a-pipeline.md", 4],
  ["docs/inspecting-an-evaluation.md", 4],
])("%s", (path, count) => {
  it("shows nothing that its programs do not do", () => {
    const { blocks, programs } = guide(path);
    expect(blocks).toHaveLength(count);
    const code = programs.map(read);
    for (const block of blocks)
      expect(
        code.filter((each) => each.includes(block)),
        block,
      ).not.toEqual([]);
  });

  it("has links that lead somewhere", () => {
    for (const [, target = ""] of read(path).matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(read(`docs/${target}`).length, target).toBeGreaterThan(0);
  });
});

it("the definition that is shown is the one that the program makes", () => {
  const [, json = ""] = /^```json\n([\s\S]*?)^```$/m.exec(read("docs/sharing-a-pipeline.md")) ?? [];
  const heights = resource("heights", () => []);
  const height = new FunctionSource({ fn: heights, dims: ["lat"], units: "m" });
  const snow = new Arithmetic({ eqn: "height > line", operands: { height }, constants: { line: 1500 } });
  expect(JSON.parse(json)).toEqual(snow.definition());
});

it("a node of one's own takes thirty lines, and each of the guide is held against the rules", () => {
  const { blocks, programs } = guide("docs/nodes-of-your-own.md");
  const classes = blocks.filter((block) => block.startsWith("class "));
  expect(classes.map((code) => /extends (\w+)/.exec(code)?.[1])).toEqual([
    "DataSource",
    "Algorithm",
    "Compositor",
  ]);
  for (const code of classes) expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(30);
  expect(programs).toHaveLength(3);
  for (const program of programs) expect(read(program)).toMatch(/await checkNode\(/);
});

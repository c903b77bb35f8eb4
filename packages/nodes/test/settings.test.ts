import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it, onTestFinished } from "vitest";
import { getCachedObject, Settings, save } from "../src/files/index.ts";
import { Algorithm, type AttributeDeclarations, type EvalContext, type Node } from "../src/index.ts";
import { grid, memoryStorage, nested, src } from "./support/example.ts";

class Amplified extends Algorithm<{ readonly source: Node }> {
  static override readonly type = "Amplified";
  static override readonly attributes: AttributeDeclarations = { source: { type: "node", help: "What" } };
  static override readonly settings: AttributeDeclarations = {
    gain: {
      type: "number",
      default: 2,
      help: "By how much",
      check: (gain: number) => (gain > 0 ? undefined : "must be > 0"),
    },
    server: { type: "string", optional: true, help: "Where" },
  };
  override compute(_: Coordinates, { inputs, settings }: EvalContext) {
    return (inputs["source"] as UnitsDataArray).mul(settings["gain"] as number);
  }
}

async function directory() {
  const made = await mkdtemp(join(tmpdir(), "zarr-cache-settings-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe("settings", () => {
  it("live in a file whose path the environment names, and are saved", async () => {
    const path = join(await directory(), "deep", "nodes.json");
    const env = { ZARR_CACHE_NODES_SETTINGS: path };
    const settings = await Settings.load([Amplified], { env });
    expect([settings.path, settings.of("Amplified")]).toEqual([path, { gain: 2, server: undefined }]);
    settings.set("Amplified", "gain", 5);
    await settings.save();
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ Amplified: { gain: 5 } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const again = await Settings.load([Amplified], { env });
    expect(again.of("Amplified")["gain"]).toBe(5);
    const node = new Amplified({ source: src() });
    const at = grid({ lat: [1], lon: [10] });
    expect(nested(await node.eval(at))).toEqual([[6]]);
    expect(nested(await node.using({ settings: again }).eval(at))).toEqual([[15]]);
    const cache = memoryStorage();
    expect(nested(await node.using({ cache }).eval(at))).toEqual([[6]]);
    expect(nested(await node.using({ cache, settings: again }).eval(at))).toEqual([[15]]);
  });

  it.each([
    ["{", /is no JSON/],
    ["[]", /object of settings/],
    ['{"Other": {"a": 1}}', /no type of node "Other".*there are Amplified/],
    ['{"Amplified": {"gian": 1}}', /no setting "gian".*there are gain, server/],
    ['{"Amplified": {"gain": "x"}}', /Amplified.gain in .* must be a number/],
    ['{"Amplified": {"gain": -1}}', /must be > 0/],
  ])("%s is refused", async (text, message) => {
    const path = join(await directory(), "nodes.json");
    await writeFile(path, text);
    await expect(Settings.load([Amplified], { path })).rejects.toThrow(message);
    await expect(Settings.load([Amplified], { path })).rejects.toMatchObject({ name: "SettingsError" });
  });
});

describe("files", () => {
  it("hold an output, and give it back", async () => {
    const node = src();
    const path = join(await directory(), "output.bin");
    await expect(save(node, path)).rejects.toThrow(/not evaluated yet/);
    const out = await node.eval(grid({ lat: [0, 1], lon: [10] }));
    await save(node, path);
    const back = (await getCachedObject(path)) as UnitsDataArray;
    expect([back.toJSON(), back instanceof UnitsDataArray]).toEqual([out.toJSON(), true]);
    await save(node, path, { any: "JSON" });
    expect(await getCachedObject(path)).toEqual({ any: "JSON" });
    await writeFile(path, "x");
    await expect(getCachedObject(path)).rejects.toThrow(/holds no result/);
  });
});

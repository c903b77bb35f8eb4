import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Documents, Region } from "@zarr-cache/regions";
import { expect, onTestFinished, test } from "vitest";
import { freePorts } from "../support/free-port.ts";
import { installNats, runNats } from "../support/nats-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

const GUIDE = readFileSync(new URL("../../docs/regions.md", import.meta.url), "utf8");

/** The configuration of a server as the guide has it, with what is of two machines put on one. */
function configured(name: string, places: readonly (readonly [string, string])[]): string {
  const blocks = [...GUIDE.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");
  let text = blocks.find((block) => block.includes(`server_name: ${name}`)) ?? "";
  expect(text).toContain("leafnodes");
  for (const [there, here] of places) text = text.replaceAll(there, here);
  return text;
}

/** Makes the certificate as the guide says, of "localhost" in place of a machine. */
function makeCertificate(directory: string): void {
  const [, commands = ""] = /^```sh\n(openssl [\s\S]*?)^```/m.exec(GUIDE) ?? [];
  expect(commands.split("openssl")).toHaveLength(4);
  const script = commands.replaceAll("frankfurt.example", "localhost");
  const { status, stderr } = spawnSync("sh", ["-ec", script], { cwd: directory, encoding: "utf8" });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

/** Starts two servers by the guide, one with this password for the other, and opens the documents of both. */
async function followGuide(password: string): Promise<readonly [Documents, Documents]> {
  await installNats();
  const directory = await temporaryDirectory();
  makeCertificate(directory);
  const [leafs = 0, ...ports] = await freePorts(3);
  const environment = process.env["LEAF_PASSWORD"];
  process.env["LEAF_PASSWORD"] = "a-password";
  const opened: Documents[] = [];
  for (const [n, name] of ["fra", "iad"].entries()) {
    const file = join(directory, `${name}.conf`);
    const text = configured(name, [
      ["127.0.0.1:4222", `127.0.0.1:${ports[n]}`],
      ["0.0.0.0:7422", `127.0.0.1:${leafs}`],
      ["frankfurt.example:7422", `localhost:${leafs}`],
      ["/var/lib/nats", join(directory, name)],
      ["/etc/nats", directory],
      ["leaf:PASSWORD@", `leaf:${password}@`],
    ]);
    writeFileSync(file, text);
    const server = await runNats(file, ports[n] as number);
    onTestFinished(() => server.stop());
    const region = await Region.open({ region: name, nats: `nats://127.0.0.1:${ports[n]}`, heartbeat: 500 });
    onTestFinished(() => region.close());
    const documents = new Documents(region);
    onTestFinished(() => documents.close());
    opened.push(documents);
  }
  if (environment === undefined) delete process.env["LEAF_PASSWORD"];
  else process.env["LEAF_PASSWORD"] = environment;
  return opened as [Documents, Documents];
}

test("the servers of the guide, as they are written there, carry documents both ways", async () => {
  const [fra, iad] = await followGuide("a-password");
  await fra.put("from/fra", 1);
  await iad.put("from/iad", 2);
  await until("each has what the other wrote", async () => {
    const [here, there] = [await fra.get("from/iad"), await iad.get("from/fra")];
    return here?.value === 2 && there?.value === 1;
  });
});

test("with a wrong password between them each goes on alone", async () => {
  const [fra, iad] = await followGuide("another-password");
  await fra.put("a", 1);
  await iad.put("a", 2);
  expect((await fra.get("a"))?.value).toBe(1);
  expect((await iad.get("a"))?.value).toBe(2);
});
